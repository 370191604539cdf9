/*
 * What clang's analyzer does not see when it looks at one source alone: these
 * make a failure of what they are given, and never return PL_OK. Without it
 * every "return pl_err_set(...)" might be a success that left its results
 * unset. auto/check.sh includes it in front of each source but those that
 * define one of these.
 */

#include "../src/core/pl.h"
#include "../src/core/store_impl.h"
#include "../src/core/sys_impl.h"


static inline pl_status_t
analyse_failed(pl_status_t status)
{
    __builtin_assume(status != PL_OK);

    return status;
}


#define pl_err_set(...)       analyse_failed(pl_err_set(__VA_ARGS__))
#define pl_store_fail(...)    analyse_failed(pl_store_fail(__VA_ARGS__))
#define pl_store_failed(...)  analyse_failed(pl_store_failed(__VA_ARGS__))
#define pl_sys_err(...)       analyse_failed(pl_sys_err(__VA_ARGS__))
