/*
 * How a text goes as SMS (GSM 03.38): in 7-bit units where each character is
 * of the default alphabet or its extension table, which costs two units that
 * are never parted; else all of it as UTF-16. More than one segment takes a
 * header from each.
 *
 * Pure; any thread.
 */

#ifndef PL_GSM_H_INCLUDED
#define PL_GSM_H_INCLUDED

#include "pl.h"

#define PL_GSM_UNITS_ONE    160     /* of one segment, 7-bit */
#define PL_GSM_UNITS_MORE   153     /* of each of several */
#define PL_GSM_UCS2_ONE     70
#define PL_GSM_UCS2_MORE    67

typedef struct {
    bool      ucs2;
    uint32_t  units;
    uint32_t  segments;         /* 0 for an empty text */
    uint32_t  left;             /* units to the end of the last segment */
} pl_gsm_t;

/* text: valid UTF-8; what is not counts as a character that is none. */
void pl_gsm_count(pl_str_t text, pl_gsm_t *out);

#endif /* PL_GSM_H_INCLUDED */
