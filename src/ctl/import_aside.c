/*
 * What came for a tenant while it was read in, and was set aside: it is
 * applied, the oldest first. See import.h.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "../engine/import.h"
#include "../engine/keys.h"
#include "../engine/state.h"
#include "import.h"

#define ASIDE_ARENA      65536
#define ASIDE_ARENA_MAX  (64u * 1024 * 1024)
#define ASIDE_AT_ONCE    4096
#define ASIDE_TURNS_MAX  1000

typedef struct {
    plctl_t     *ctl;
    uint32_t     tenant;
    pl_arena_t  *ar;
    uint64_t     from;                  /* items before it were looked at */
    size_t       n;
    uint64_t     items[ASIDE_AT_ONCE];
} aside_t;

static pl_status_t aside_all(aside_t *aside, plctl_import_aside_t *out,
    pl_err_t *err);
static pl_status_t aside_open(aside_t *aside, plctl_import_aside_t *out,
    pl_err_t *err);
static pl_status_t aside_list(aside_t *aside, pl_err_t *err);
static pl_status_t aside_read(aside_t *aside, uint64_t item,
    plctl_import_aside_t *out, pl_err_t *err);


pl_status_t
plctl_import_aside(plctl_t *ctl, uint32_t tenant, plctl_import_aside_t *out,
    pl_err_t *err)
{
    aside_t      *aside;
    pl_status_t   rc;

    aside = calloc(1, sizeof(*aside));
    if (aside == NULL) {
        return pl_err_set(err, PL_NOMEM, "import", 0, "out of memory");
    }

    aside->ctl = ctl;
    aside->tenant = tenant;
    aside->ar = pl_arena_create(ASIDE_ARENA, ASIDE_ARENA_MAX);

    rc = aside->ar == NULL
         ? pl_err_set(err, PL_NOMEM, "import", 0, "out of memory")
         : aside_all(aside, out, err);

    pl_arena_destroy(aside->ar);
    free(aside);

    return rc;
}


void
plctl_import_told(plctl_t *ctl, const char *tenant,
    const plctl_import_aside_t *aside)
{
    if (aside->read != 0) {
        fprintf(ctl->out, "%s: %" PRIu64 " that came meanwhile read\n", tenant,
                aside->read);
    }

    if (aside->read == 0 && aside->opened) {
        fprintf(ctl->out, "%s: open\n", tenant);
    }

    if (aside->stayed != 0) {
        fprintf(ctl->out, "%s: %" PRIu64 " that came meanwhile cannot be "
                "read, and stay in quarantine\n", tenant, aside->stayed);
    }
}


/*
 * More may come until the tenant is open, which it is when none is left: then
 * it is asked for once more. Items grow, and each is looked at once.
 */

static pl_status_t
aside_all(aside_t *aside, plctl_import_aside_t *out, pl_err_t *err)
{
    size_t       i;
    unsigned     turn;
    pl_status_t  rc = PL_OK;

    for (turn = 0; rc == PL_OK && turn < ASIDE_TURNS_MAX; turn++) {
        rc = aside_list(aside, err);

        for (i = 0; rc == PL_OK && i < aside->n; i++) {
            rc = aside_read(aside, aside->items[i], out, err);
        }

        if (rc == PL_OK && aside->n < ASIDE_AT_ONCE) {
            rc = aside_open(aside, out, err);

            if (rc != PL_DENIED || strncmp(err->text, PL_IMPORT_ASIDE,
                                           sizeof(PL_IMPORT_ASIDE) - 1) != 0)
            {
                return rc;
            }

            rc = PL_OK;                 /* more came meanwhile */
        }
    }

    return rc == PL_OK
           ? pl_err_set(err, PL_BUSY, "import", 0, "more comes than is read: "
                        "run it again") : rc;
}


/* PL_DENIED: somebody waits. */

static pl_status_t
aside_open(aside_t *aside, plctl_import_aside_t *out, pl_err_t *err)
{
    uint8_t             nothing[PL_SHA256_LEN] = { 0 };
    pl_txn_t           *txn;
    pl_status_t         rc;
    Pl__Command         command = PL__COMMAND__INIT;
    Pl__StateMeta      *meta;
    Pl__TenantImport    in = PL__TENANT_IMPORT__INIT;

    pl_arena_reset(aside->ar);

    rc = pl_store_begin(aside->ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_state_meta(txn, aside->ar, &meta, err);
    pl_store_abort(txn);

    if (rc != PL_OK || meta->importing_tenant != aside->tenant) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    in.tenant = aside->tenant;
    in.digest.data = nothing;           /* of whichever export */
    in.digest.len = sizeof(nothing);
    in.has_opens = in.opens = 1;
    in.actor = (char *) plctl_actor(aside->ctl);
    command.of_case = PL__COMMAND__OF_TENANT_IMPORT;
    command.tenant_import = &in;

    rc = plctl_import_asked(aside->ctl, aside->tenant, &command, aside->ar,
                            err);
    out->opened = rc == PL_OK;

    return rc;
}


static pl_status_t
aside_list(aside_t *aside, pl_err_t *err)
{
    pl_key_t           from;
    pl_str_t           key, value;
    pl_txn_t          *txn;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    aside->n = 0;
    pl_key_tenant_seq(&from, aside->tenant, aside->from);

    rc = pl_store_begin(aside->ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan(txn, PL_TABLE_QUARANTINE, pl_key_str(&from), false,
                       &scan, err);

    while (rc == PL_OK && aside->n < ASIDE_AT_ONCE) {
        pl_arena_reset(aside->ar);
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || pl_be32(key.data) != aside->tenant) {
            break;
        }

        aside->from = pl_be64(key.data + 4) + 1;

        rc = pl_record_read(PL_TABLE_QUARANTINE, value,
                            &pl__quarantine__descriptor, aside->ar, &msg,
                            err);
        if (rc == PL_OK && ((const Pl__Quarantine *) msg)->waits) {
            aside->items[aside->n++] = aside->from - 1;
        }
    }

    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
aside_read(aside_t *aside, uint64_t item, plctl_import_aside_t *out,
    pl_err_t *err)
{
    pl_status_t          rc;
    Pl__Command          command = PL__COMMAND__INIT;
    Pl__QuarantineAct    act = PL__QUARANTINE_ACT__INIT;

    act.tenant = aside->tenant;
    act.item = item;
    act.has_again = act.again = 1;
    act.actor = (char *) plctl_actor(aside->ctl);
    command.of_case = PL__COMMAND__OF_QUARANTINE_ACT;
    command.quarantine_act = &act;
    pl_arena_reset(aside->ar);

    rc = plctl_import_asked(aside->ctl, aside->tenant, &command, aside->ar,
                            err);
    out->read += rc == PL_OK;
    out->stayed += rc == PL_DENIED || rc == PL_NOTFOUND;

    return rc == PL_DENIED || rc == PL_NOTFOUND ? PL_OK : rc;
}
