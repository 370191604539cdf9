/*
 * All that is known of a person, in parts, of one snapshot (docs/privacy.md).
 * Parts come in the order of pl_export_e, each as often as there are rows; a
 * row is in an arena of its own, so that a long conversation costs no memory.
 */

#ifndef PL_EXPORT_H_INCLUDED
#define PL_EXPORT_H_INCLUDED

#include "apply.h"

typedef enum {
    PL_EXPORT_CONTACTS = 0,     /* those that were joined to it as well */
    PL_EXPORT_MERGES,
    PL_EXPORT_CONSENTS,         /* each change of one */
    PL_EXPORT_CONVERSATIONS,
    PL_EXPORT_MESSAGES,         /* newest first, by conversation */
    PL_EXPORT_TASKS,            /* what is to come */
    PL_EXPORT_MEMBERSHIPS,      /* of groups */
    PL_EXPORT_AUDIT,
    PL_EXPORT_NOTES,            /* of staff, on their conversation */
    PL_EXPORT_DEAD,             /* letters to them */
    PL_EXPORT_UNKNOWN,          /* sends to them of which nothing is known */
    PL_EXPORT_GROUPS,           /* what they said in groups, newest first */
    PL_EXPORT_PARTS
} pl_export_e;

extern const char *const  pl_export_names[PL_EXPORT_PARTS];

/* id: the row's number, or the contact's that it is of. */
typedef pl_status_t (*pl_export_pt)(void *data, pl_export_e part,
    uint64_t id, const ProtobufCMessage *row, pl_err_t *err);

/*
 * txn: of the state, and old enough to last. clock_ms: how far the tenant's own
 * clock is ahead (pl_settings_clock), by which its tasks are found. contact:
 * one that was joined to another stands for that one. PL_NOTFOUND: there is
 * none, or it was erased; what `row` returns but PL_OK.
 * Any thread.
 */
pl_status_t pl_export(pl_txn_t *txn, uint32_t tenant, int64_t clock_ms,
    uint64_t contact, pl_export_pt row, void *data, pl_err_t *err);

/*
 * The same as one JSON document on one line, in pieces:
 *
 *     {"format":"parley.export.1","contacts":[{"number":4,"row":{…}}],
 *      "merges":[], …}
 *
 * codec: of shapes.h.
 */
typedef pl_status_t (*pl_export_put_pt)(void *data, const char *bytes,
    size_t len, pl_err_t *err);

pl_status_t pl_export_json(pl_txn_t *txn, uint32_t tenant, int64_t clock_ms,
    uint64_t contact, const pl_codec_t *codec, pl_export_put_pt put,
    void *data, pl_err_t *err);

#endif /* PL_EXPORT_H_INCLUDED */
