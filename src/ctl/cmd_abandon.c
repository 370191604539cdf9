/*
 * tenant abandon: an import of which the rest cannot be had is given up, and
 * what came of it is taken away, piece by piece, behind the fold. Who was
 * interrupted runs it again. Where no import goes on, what came meanwhile and
 * was set aside is read.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/crypto.h"
#include "cmd.h"
#include "import.h"

#define ABANDON_ARENA      65536
#define ABANDON_ARENA_MAX  (16u * 1024 * 1024)
#define ABANDON_STEPS_MAX  100000000u

static pl_status_t abandon_all(plctl_t *ctl, uint32_t tenant,
    Pl__Import *row, pl_err_t *err);
static pl_status_t abandon_step(plctl_t *ctl, uint32_t tenant,
    const Pl__Import *row, pl_arena_t *ar, pl_err_t *err);
static int abandon_read(plctl_t *ctl, const char *name, uint32_t tenant);


int
plctl_cmd_tenant_abandon(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    uint32_t      tenant = 0;
    uint64_t      records;
    pl_err_t      err = { 0 };
    Pl__Import   *row;
    pl_status_t   rc;

    (void) n_words;

    rc = plctl_open(ctl, &err);

    if (rc == PL_OK) {
        rc = plctl_tenant(ctl, words[0], &tenant, &err);
    }

    if (rc == PL_OK) {
        rc = plctl_import_row(ctl, tenant, &row, &err);

        if (rc == PL_NOTFOUND || (rc == PL_OK && row->has_ended_ms)) {
            return abandon_read(ctl, words[0], tenant);
        }
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    records = row->records;
    rc = abandon_all(ctl, tenant, row, &err);

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    fprintf(ctl->out, "%s: given up after %" PRIu64 " records, which are "
            "gone; what came meanwhile waits for another import, or for "
            "abandon once more\n", words[0], records);

    return PLCTL_EXIT_OK;
}


static pl_status_t
abandon_all(plctl_t *ctl, uint32_t tenant, Pl__Import *row, pl_err_t *err)
{
    unsigned      i;
    pl_status_t   rc = PL_OK;
    pl_arena_t   *ar;

    ar = pl_arena_create(ABANDON_ARENA, ABANDON_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "import", 0, "out of memory");
    }

    for (i = 0; rc == PL_OK && i < ABANDON_STEPS_MAX; i++) {
        pl_arena_reset(ar);
        rc = abandon_step(ctl, tenant, row, ar, err);
    }

    pl_arena_destroy(ar);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* PL_NOTFOUND: it is over, and its row with it. */

static pl_status_t
abandon_step(plctl_t *ctl, uint32_t tenant, const Pl__Import *row,
    pl_arena_t *ar, pl_err_t *err)
{
    pl_status_t        rc;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__TenantImport   in = PL__TENANT_IMPORT__INIT;

    in.tenant = tenant;
    in.digest = row->digest;
    in.from = row->records;
    in.actor = (char *) plctl_actor(ctl);
    command.of_case = PL__COMMAND__OF_TENANT_IMPORT;
    command.tenant_import = &in;

    rc = plctl_import_asked(ctl, tenant, &command, ar, err);

    if (rc == PL_NOTFOUND) {
        return PL_INVALID;              /* a verdict: not that it is over */
    }

    return rc == PL_OK ? plctl_import_there(ctl, tenant, err) : rc;
}


static int
abandon_read(plctl_t *ctl, const char *name, uint32_t tenant)
{
    pl_err_t              err = { 0 };
    pl_status_t           rc;
    plctl_import_aside_t  aside = { 0, 0, false };

    rc = plctl_import_aside(ctl, tenant, &aside, &err);

    if (rc == PL_OK && aside.read + aside.stayed == 0 && !aside.opened) {
        rc = pl_err_set(&err, PL_NOTFOUND, "import", 0,
                        "no import of \"%s\" goes on, and nothing waits for "
                        "one", name);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    plctl_import_told(ctl, name, &aside);

    return PLCTL_EXIT_OK;
}
