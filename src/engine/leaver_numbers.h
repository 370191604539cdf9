/*
 * The numbers in records that a tenant's export has: which of them are
 * another record's, and mean nothing in another store unless they are
 * changed with it.
 */

#ifndef PL_LEAVER_NUMBERS_H_INCLUDED
#define PL_LEAVER_NUMBERS_H_INCLUDED

#include <stdbool.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "../core/pl.h"

typedef enum {
    PL_NUMBER_NONE = 0,         /* no row: not decided yet */
    PL_NUMBER_PLAIN,            /* a number like any other */
    PL_NUMBER_RECORD,           /* a record's: of StateMeta.next_id; 0: none */
    PL_NUMBER_ENTRY,            /* a journal entry's */
    PL_NUMBER_CHANNEL,          /* 0: none */
    PL_NUMBER_TENANT
} pl_number_e;

/* What a field of a message is; of one that is no integer without a sign
   PL_NUMBER_PLAIN. Any thread. */
pl_number_e pl_leaver_number(const ProtobufCMessageDescriptor *type,
    const ProtobufCFieldDescriptor *field);

/* Changes *n, or not. A status other than PL_OK ends the walk. */
typedef pl_status_t (*pl_number_pt)(void *data, pl_number_e what,
    uint64_t *n, pl_err_t *err);

/*
 * Calls visit for every number in a message, and those in it, that is not
 * plain; in place. The subject of an event of the audit log is a record's
 * where its kind says so; of other kinds it is taken away.
 */
pl_status_t pl_leaver_numbers(ProtobufCMessage *msg, pl_number_pt visit,
    void *data, pl_err_t *err);

#endif /* PL_LEAVER_NUMBERS_H_INCLUDED */
