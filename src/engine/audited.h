/*
 * Whose number the subject of an event of the audit log is, by its kind.
 * Channels, tenants and keys have numbers of their own, which are a person's
 * only by chance.
 */

#ifndef PL_AUDITED_H_INCLUDED
#define PL_AUDITED_H_INCLUDED

#include "../core/pl.h"
#include "record.pb-c.h"

typedef enum {
    PL_AUDITED_NONE = 0,        /* no row: not decided yet */
    PL_AUDITED_PERSON,          /* a contact's; of some kinds a group's, too,
                                   whose numbers are of the same sequence */
    PL_AUDITED_RECORD,          /* of that sequence: a message, effect, merge */
    PL_AUDITED_OTHER            /* what else has numbers */
} pl_audited_e;

/* Any thread. */
pl_audited_e pl_audited(Pl__AuditKind kind);

/* Is the event about a person? *contact: whom. */
bool pl_audited_of(const Pl__AuditEvent *event, uint64_t *contact);

#endif /* PL_AUDITED_H_INCLUDED */
