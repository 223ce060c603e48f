/*
 * <math.h>. The functions come from libmingwex.a, except for the double forms that it lacks, which
 * round the 80-bit ones; here they get their exports. Errors set errno (EDOM, ERANGE) and go to the
 * function that the program gave to __setusermatherr.
 *
 * Functions of long double are exported as those of double: in Microsoft's ABI, which ucrtbase.dll
 * follows, the two types are the same.
 */
#include "crt.h"

#undef __setusermatherr /* the headers rename it */

/* 80-bit functions, which the compiler's long double and libmingwex share. */
#define WRAP(name)                                                                                 \
    double __cdecl name(double x)                                                                  \
    {                                                                                              \
        return (double)name##l(x);                                                                 \
    }                                                                                              \
    NT_EXPORT(name, 0, "")

static int(__cdecl *user_handler)(struct _exception *);

/* Install the function that may replace the result of a failing math function. */
void __cdecl __setusermatherr(int(__cdecl *handler)(struct _exception *))
{
    user_handler = handler;
}
NT_EXPORT(__setusermatherr, 0, "p");

/* What the functions of libmingwex call on an error. @param kind _DOMAIN, _SING, _OVERFLOW …. */
void __mingw_raise_matherr(int kind, const char *name, double first, double second, double result)
{
    struct _exception error = {kind, (char *)name, first, second, result};

    if (user_handler && user_handler(&error))
        return;
    crt_error(kind == _DOMAIN ? EDOM : ERANGE);
}

WRAP(asin);
WRAP(acos);
WRAP(atan);
WRAP(tan);
WRAP(sinh);
WRAP(cosh);
WRAP(tanh);
WRAP(log10);

double __cdecl frexp(double x, int *exponent)
{
    return (double)frexpl(x, exponent);
}
NT_EXPORT(frexp, 0, "up");

double __cdecl nextafter(double x, double y)
{
    int64_t bits;

    if (isnan(x) || isnan(y))
        return x + y;
    if (x == y)
        return y;
    if (x == 0)
        return copysign(0x1p-1074, y);
    memcpy(&bits, &x, sizeof bits);
    bits += (x < y) == (x > 0) ? 1 : -1;
    memcpy(&x, &bits, sizeof bits);
    return x;
}
NT_EXPORT(nextafter, 0, "");
NT_EXPORT_AS(_nextafter, nextafter, 0, "");

/* hypot of libmingwex sorts out special values and calls this for the rest. */
double __cdecl _hypot(double x, double y)
{
    return (double)hypotl(x, y);
}
NT_EXPORT(_hypot, 0, "");

double __cdecl _chgsign(double x)
{
    return -x;
}
NT_EXPORT(_chgsign, 0, "");

float __cdecl _chgsignf(float x)
{
    return -x;
}
NT_EXPORT(_chgsignf, 0, "");

double __cdecl _scalb(double x, __LONG32 exponent)
{
    return scalbn(x, exponent);
}
NT_EXPORT(_scalb, 0, "u");

int __cdecl _finite(double x)
{
    return isfinite(x);
}
NT_EXPORT(_finite, 0, "");

int __cdecl _isnan(double x)
{
    return isnan(x);
}
NT_EXPORT(_isnan, 0, "");

/* One of _FPCLASS_…. */
int __cdecl _fpclass(double x)
{
    bool negative = signbit(x);

    switch (fpclassify(x)) {
    case FP_NAN:
        return _FPCLASS_QNAN;
    case FP_INFINITE:
        return negative ? _FPCLASS_NINF : _FPCLASS_PINF;
    case FP_ZERO:
        return negative ? _FPCLASS_NZ : _FPCLASS_PZ;
    case FP_SUBNORMAL:
        return negative ? _FPCLASS_ND : _FPCLASS_PD;
    }
    return negative ? _FPCLASS_NN : _FPCLASS_PN;
}
NT_EXPORT(_fpclass, 0, "");

/* FP_NAN and so on, with the values of Microsoft's headers. */
static short classify(double x)
{
    switch (fpclassify(x)) {
    case FP_NAN:
        return 2;
    case FP_INFINITE:
        return 1;
    case FP_ZERO:
        return 0;
    case FP_SUBNORMAL:
        return -2;
    }
    return -1;
}
NT_EXPORT_AS(_dclass, classify, 0, "");

static short classify_float(float x)
{
    return isfinite(x) && x != 0 && fabsf(x) < 0x1p-126f ? -2 : classify(x);
}
NT_EXPORT_AS(_fdclass, classify_float, 0, "");

static int sign_of(double x)
{
    return signbit(x) ? 0x8000 : 0;
}
NT_EXPORT_AS(_dsign, sign_of, 0, "");

static int sign_of_float(float x)
{
    return sign_of(x);
}
NT_EXPORT_AS(_fdsign, sign_of_float, 0, "");

/* Exports of libmingwex code: f, its float form, and the long double name for the double form. */
#define EXPORT_DOUBLE(name) NT_EXPORT(name, 0, "")
#define EXPORT_BOTH(name)                                                                          \
    EXPORT_DOUBLE(name);                                                                           \
    NT_EXPORT(name##f, 0, "")
#define EXPORT_ALL(name)                                                                           \
    EXPORT_BOTH(name);                                                                             \
    CRT_EXPORT_ALIAS(name##l, name, "")

EXPORT_BOTH(sin);
EXPORT_BOTH(cos);
EXPORT_BOTH(exp);
EXPORT_BOTH(log);
EXPORT_BOTH(pow);
EXPORT_BOTH(sqrt);
EXPORT_BOTH(floor);
EXPORT_BOTH(ceil);
EXPORT_BOTH(fmod);
EXPORT_BOTH(fabs);
EXPORT_BOTH(atan2);
EXPORT_BOTH(modf);
EXPORT_DOUBLE(ldexp);
EXPORT_DOUBLE(hypot);
CRT_EXPORT_ALIAS(_hypotf, hypotf, "");
CRT_EXPORT_ALIAS(_copysign, copysign, "");
CRT_EXPORT_ALIAS(_copysignf, copysignf, "");
CRT_EXPORT_ALIAS(_logb, logb, "");
CRT_EXPORT_ALIAS(_logbf, logbf, "");
NT_EXPORT(asinf, 0, "");
NT_EXPORT(acosf, 0, "");
NT_EXPORT(atanf, 0, "");
NT_EXPORT(tanf, 0, "");
NT_EXPORT(sinhf, 0, "");
NT_EXPORT(coshf, 0, "");
NT_EXPORT(tanhf, 0, "");
NT_EXPORT(log10f, 0, "");
EXPORT_ALL(acosh);
EXPORT_ALL(asinh);
EXPORT_ALL(atanh);
EXPORT_ALL(cbrt);
EXPORT_ALL(copysign);
EXPORT_ALL(erf);
EXPORT_ALL(erfc);
EXPORT_ALL(exp2);
EXPORT_ALL(expm1);
EXPORT_ALL(fdim);
EXPORT_ALL(fma);
EXPORT_ALL(fmax);
EXPORT_ALL(fmin);
EXPORT_ALL(ilogb);
EXPORT_ALL(lgamma);
EXPORT_ALL(llrint);
EXPORT_ALL(llround);
EXPORT_ALL(log1p);
EXPORT_ALL(log2);
EXPORT_ALL(logb);
EXPORT_ALL(lrint);
EXPORT_ALL(lround);
EXPORT_ALL(nearbyint);
EXPORT_ALL(remainder);
EXPORT_ALL(remquo);
EXPORT_ALL(rint);
EXPORT_ALL(round);
EXPORT_ALL(scalbln);
EXPORT_ALL(scalbn);
EXPORT_ALL(tgamma);
EXPORT_ALL(trunc);
NT_EXPORT(nextafterf, 0, "");
NT_EXPORT_AS(nextafterl, nextafter, 0, "");
NT_EXPORT(nan, 0, "s");
NT_EXPORT(nanf, 0, "s");
