/*
 * <math.h>: values at which the result is known, and errors.
 */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "check.h"

/* Volatile arguments keep the compiler from computing results itself. */
static volatile double zero = 0, one = 1, two = 2, half = 0.5, ten = 10;
static volatile float two_f = 2;

static int near_value(double got, double wanted)
{
    return fabs(got - wanted) <= 4 * DBL_EPSILON * fabs(wanted);
}

static void values(void)
{
    CHECK(near_value(sin(one), 0.8414709848078965) && near_value(cos(one), 0.5403023058681398));
    CHECK(near_value(tan(one), 1.5574077246549023) && near_value(asin(half), 0.5235987755982989));
    CHECK(near_value(acos(half), 1.0471975511965979) && near_value(atan(one), 0.7853981633974483));
    CHECK(near_value(atan2(-one, -one), -2.356194490192345));
    CHECK(near_value(exp(one), 2.718281828459045) && near_value(log(two), 0.6931471805599453));
    CHECK(near_value(log10(ten * ten), 2) && near_value(pow(two, half), 1.4142135623730951));
    CHECK(pow(two, ten) == 1024 && sqrt(two * two) == 2 && fabs(-two) == 2);
    CHECK(floor(-half) == -1 && ceil(half) == 1 && fmod(ten, -3) == 1);
    CHECK(near_value(sinh(one), 1.1752011936438014) && near_value(cosh(one), 1.5430806348152437));
    CHECK(near_value(tanh(one), 0.7615941559557649) && near_value(_hypot(3, 4), 5));
    CHECK(sqrtf(two_f * two_f) == 2 && floorf(two_f / 4) == 0);
}

static void parts(void)
{
    int exponent = 0;
    double whole = 0;

    CHECK(frexp(ten, &exponent) == 0.625 && exponent == 4);
    CHECK(ldexp(0.625, 4) == 10 && modf(-2.25, &whole) == -0.25 && whole == -2);
    CHECK(_copysign(one, -zero) == -1 && _finite(one) && !_finite(one / zero));
    CHECK(_isnan(zero / zero) && !_isnan(one));
    CHECK(_fpclass(-one / zero) == _FPCLASS_NINF && _fpclass(one) == _FPCLASS_PN);
}

static void errors(void)
{
    errno = 0;
    CHECK(isinf(exp(1000 * one)) && errno == ERANGE);
    errno = 0;
    CHECK(isnan(pow(-two, half)) && errno == EDOM);
    errno = 0;
    CHECK(isnan(sqrt(-two)) && errno == EDOM);
}

int main(void)
{
    values();
    parts();
    errors();
    return check_summary();
}
