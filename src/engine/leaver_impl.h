/*
 * A tenant's export, from the inside.
 */

#ifndef PL_LEAVER_IMPL_H_INCLUDED
#define PL_LEAVER_IMPL_H_INCLUDED

#include "leaver.h"
#include "leaver.pb-c.h"

#define PL_LEAVER_FORMAT  "parley.tenant.1"

/* Between a line's Line and its row. */
#define PL_LEAVER_ROW     ",\"row\":"

/* A table of an export by its name; -1: it has none. */
int pl_leaver_named(const char *name);

/* What its rows are, where they stand, and how their keys read (leaver.c);
   of one that is read in. */
const ProtobufCMessageDescriptor *pl_leaver_type(pl_leaver_e part);
pl_table_e pl_leaver_table(pl_leaver_e part);
const char *pl_leaver_key(pl_leaver_e part);

/* Is it read in again? Settings are not, nor what files are named. */
bool pl_leaver_comes(pl_leaver_e part);

/*
 * Takes away what must not go: secrets, and what only the store's own queues
 * give a meaning. In place.
 */
void pl_leaver_trim(ProtobufCMessage *row);

/*
 * A message that has not left leaves from nowhere else: it is failed, and
 * says why. True where it was one. Room for that is taken from ar, whose
 * memory the message shares; without room it says nothing.
 */
bool pl_leaver_fail(Pl__Message *message, pl_arena_t *ar);

#endif /* PL_LEAVER_IMPL_H_INCLUDED */
