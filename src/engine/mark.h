/*
 * The mark of an installation: what stands beside a message's number where
 * a provider echoes it, so that the number of another store (one that was
 * made anew, a colleague's on the same phone number) is not taken for ours.
 * It is a piece of the journal's uuid. Any thread.
 */

#ifndef PL_MARK_H_INCLUDED
#define PL_MARK_H_INCLUDED

#include "../core/pl.h"

#define PL_MARK_BYTES  4                        /* of the uuid */
#define PL_MARK_SIZE   (2 * PL_MARK_BYTES + 1)  /* hex and a zero */

/* uuid: at least PL_MARK_BYTES, else the mark is "". */
void pl_mark(const uint8_t *uuid, size_t len, char mark[PL_MARK_SIZE]);

#endif /* PL_MARK_H_INCLUDED */
