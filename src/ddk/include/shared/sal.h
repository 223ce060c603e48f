/*
 * Source annotations that the mingw-w64 sal.h lacks. They matter only to Microsoft's analyser, so
 * each is empty. This header comes first in the search order and adds to the one behind it.
 */
#ifndef RINGSIDE_DDK_SAL_H
#define RINGSIDE_DDK_SAL_H

#include_next <sal.h>

#ifndef _Pre_
#define _Pre_
#endif
#ifndef _Pre_valid_
#define _Pre_valid_
#endif
#ifndef _Post_valid_
#define _Post_valid_
#endif
#ifndef _Post_notnull_
#define _Post_notnull_
#endif
#ifndef _Pre_maybenull_
#define _Pre_maybenull_
#endif
#ifndef _Post_maybenull_
#define _Post_maybenull_
#endif
#ifndef _Pre_null_
#define _Pre_null_
#endif
#ifndef _Post_null_
#define _Post_null_
#endif
#ifndef _Pre_invalid_
#define _Pre_invalid_
#endif
#ifndef _Post_invalid_
#define _Post_invalid_
#endif
#ifndef _Post_ptr_invalid_
#define _Post_ptr_invalid_
#endif
#ifndef _Post_z_
#define _Post_z_
#endif
#ifndef _Pre_z_
#define _Pre_z_
#endif
#ifndef _Pre_opt_valid_
#define _Pre_opt_valid_
#endif
#ifndef _Post_maybez_
#define _Post_maybez_
#endif
#ifndef _Notnull_
#define _Notnull_
#endif
#ifndef _Maybenull_
#define _Maybenull_
#endif
#ifndef _Null_
#define _Null_
#endif
#ifndef _Valid_
#define _Valid_
#endif
#ifndef _Notvalid_
#define _Notvalid_
#endif
#ifndef _Pre_defensive_
#define _Pre_defensive_
#endif
#ifndef _Pre_nondefensive_
#define _Pre_nondefensive_
#endif
#ifndef _Satisfies_
#define _Satisfies_(a)
#endif
#ifndef _Analysis_noreturn_
#define _Analysis_noreturn_
#endif
#ifndef _Ret_opt_
#define _Ret_opt_
#endif
#ifndef _Enum_is_bitflag_
#define _Enum_is_bitflag_
#endif
#ifndef _Deref_pre_
#define _Deref_pre_
#endif
#ifndef _Deref_post_
#define _Deref_post_
#endif
#ifndef __callback
#define __callback
#endif
#ifndef __analysis_assert
#define __analysis_assert(a)
#endif
#ifndef __analysis_hint
#define __analysis_hint(a)
#endif
#ifndef __assume_bound
#define __assume_bound(a)
#endif
#ifndef __field_bcount
#define __field_bcount(a)
#endif
#ifndef __field_ecount
#define __field_ecount(a)
#endif
#ifndef __field_xcount
#define __field_xcount(a)
#endif
#ifndef __field_nullterminated
#define __field_nullterminated
#endif
#ifndef __nullterminated
#define __nullterminated
#endif
#ifndef __nullnullterminated
#define __nullnullterminated
#endif
#ifndef __success
#define __success(a)
#endif
#ifndef __typefix
#define __typefix(a)
#endif

#endif
