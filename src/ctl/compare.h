/*
 * Two states held against each other, table by table, byte for byte.
 */

#ifndef PLCTL_COMPARE_H_INCLUDED
#define PLCTL_COMPARE_H_INCLUDED

#include "ctl.h"

typedef struct {
    uint64_t  tables;           /* compared */
    uint64_t  rows;             /* of a */
    uint64_t  differences;      /* tables that differ */
} plctl_compared_t;

/*
 * Compares all tables of the state environment of two transactions and says
 * which differ, with the first key that does. Failures of either store.
 */
pl_status_t plctl_compare(plctl_t *ctl, pl_txn_t *a, pl_txn_t *b,
    plctl_compared_t *out, pl_err_t *err);

#endif /* PLCTL_COMPARE_H_INCLUDED */
