/*
 * All that a tenant has, of one snapshot: for one that leaves, to be read by
 * whatever comes after (docs/tenants.md). A line each, JSON:
 *
 *     {"format":"parley.tenant.1","tenant":"acme", …}
 *     {"table":"contacts","number":4,"row":{…}}
 *     …
 *     {"counts":[{"table":"contacts","rows":2}, …], …,"sha256":"…"}
 *
 * Lines stand in the order of pl_leaver_names, people behind what was said, so
 * that who is known in an import has all of it; those of a table in that of
 * its keys; of `files` each behind the message that names it. The same
 * snapshot gives the same bytes. The digest is that of all bytes in front of
 * the last line; a text without that line was cut off.
 *
 * Memory is that of one row. Messages of all tenants are walked, since they
 * stand in the order in which they came.
 */

#ifndef PL_LEAVER_H_INCLUDED
#define PL_LEAVER_H_INCLUDED

#include "../core/crypto.h"
#include "export.h"

typedef enum {
    PL_LEAVER_TENANT = 0,       /* its settings */
    PL_LEAVER_CHANNELS,         /* without tokens; removed ones too */
    PL_LEAVER_FLOWS,            /* of nginx.conf: the files' text */
    PL_LEAVER_MESSAGES,
    PL_LEAVER_FILES,            /* that they name: a line for each place */
    PL_LEAVER_NOTES,
    PL_LEAVER_TASKS,            /* that wait, and that are over */
    PL_LEAVER_TEMPLATES,
    PL_LEAVER_CAPS,
    PL_LEAVER_AUDIT,
    PL_LEAVER_COUNTERS,
    PL_LEAVER_CONTACTS,
    PL_LEAVER_MERGES,
    PL_LEAVER_CONSENTS,         /* each change of one */
    PL_LEAVER_GROUPS,
    PL_LEAVER_MEMBERS,
    PL_LEAVER_CONVERSATIONS,    /* without queues */
    PL_LEAVER_PARTS
} pl_leaver_e;

extern const char *const  pl_leaver_names[PL_LEAVER_PARTS];

/* What becomes of a table's rows. */
typedef enum {
    PL_LEAVER_UNDECIDED = 0,
    PL_LEAVER_GOES,
    PL_LEAVER_DERIVED,          /* follows from what goes */
    PL_LEAVER_STAYS,            /* the last line counts it under left_out */
    PL_LEAVER_OURS              /* the store's own, or of no tenant */
} pl_leaver_fate_e;

pl_leaver_fate_e pl_leaver_fate(pl_table_e table);

typedef struct {
    uint64_t  rows[PL_LEAVER_PARTS];
    uint64_t  left[PL_TABLE_COUNT];     /* of tables that stay */
    uint64_t  waited;       /* messages that had not left: failed in here */
    uint64_t  lines;        /* the last one included */
    uint64_t  bytes;        /* likewise */
    uint8_t   digest[PL_SHA256_LEN];
} pl_leaver_t;

/*
 * txn: of the state, and old enough to last. tenant: its number; name: as
 * the settings have it. codec: of shapes.h. put gets each line whole, its
 * newline included. PL_BUSY while it is being read in, or somebody of it is
 * being erased: an export must not hold what an erasure has not come to yet.
 * PL_NOTFOUND: nothing was ever folded. What put returns but PL_OK. Any
 * thread.
 */
pl_status_t pl_leaver_export(pl_txn_t *txn, uint32_t tenant,
    const char *name, const pl_codec_t *codec, pl_export_put_pt put,
    void *data, pl_leaver_t *out, pl_err_t *err);

#endif /* PL_LEAVER_H_INCLUDED */
