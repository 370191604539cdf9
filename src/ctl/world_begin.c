/*
 * How a world begins: its folder, its store, what is configured there, and
 * the templates that the provider lists. See world.h.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../core/crypto.h"
#include "../core/str.h"
#include "local.h"
#include "replay.h"
#include "world_impl.h"

#define BEGIN_ARENA_BLOCK  65536
#define BEGIN_ARENA_MAX    PL_DECODE_ARENA_MAX
#define BEGIN_KEEP_MS      (100LL * 366 * 86400 * 1000)
#define BEGIN_FASTEST      "/dev/shm"   /* no disk to wait for */

static pl_status_t begin_folder(plctl_world_t *world, pl_err_t *err);
static pl_status_t begin_store(plctl_world_t *world, pl_err_t *err);
static pl_status_t begin_publish(plctl_world_t *world, pl_err_t *err);
static pl_status_t begin_settings(plctl_world_t *world, pl_err_t *err);
static pl_status_t begin_start(plctl_world_t *world, pl_err_t *err);


pl_status_t
plctl_world_begin(plctl_world_t *world, pl_err_t *err)
{
    pl_status_t  rc;

    rc = begin_folder(world, err);

    if (rc == PL_OK) {
        rc = begin_store(world, err);
    }

    if (rc == PL_OK) {
        rc = begin_publish(world, err);
    }

    if (rc == PL_OK && world->conf.tenant->time_zone != NULL) {
        rc = plctl_world_zone(world, world->conf.tenant->time_zone, err);
    }

    return rc == PL_OK ? begin_start(world, err) : rc;
}


pl_status_t
plctl_world_zone(plctl_world_t *world, const char *name, pl_err_t *err)
{
    char               *names[1];
    uint8_t             digest[PL_SHA256_LEN];
    uint64_t            entry;
    pl_str_t            tzif;
    pl_hash_t          *hash;
    pl_status_t         rc;
    Pl__Command         command = PL__COMMAND__INIT;
    Pl__ZoneFile        file = PL__ZONE_FILE__INIT, *files[1];
    Pl__ZonesPublish    publish = PL__ZONES_PUBLISH__INIT;

    rc = plctl_local_bytes(world->ctl, name, &tzif, err);
    if (rc != PL_OK) {
        return rc;
    }

    hash = pl_hash_create();

    if (hash == NULL || pl_hash_sha256(hash, &tzif, 1, digest) != PL_OK) {
        pl_hash_destroy(hash);
        return pl_err_set(err, PL_NOMEM, "zone", 0, "libcrypto failed");
    }

    pl_hash_destroy(hash);

    names[0] = (char *) name;
    file.names = names;
    file.n_names = 1;
    file.tzif.data = (uint8_t *) tzif.data;
    file.tzif.len = tzif.len;
    files[0] = &file;
    publish.version = (char *) "";
    publish.digest.data = digest;
    publish.digest.len = sizeof(digest);
    publish.zones = files;
    publish.n_zones = 1;
    command.of_case = PL__COMMAND__OF_ZONES_PUBLISH;
    command.zones_publish = &publish;

    return plctl_world_append(world, &command, false, &entry, err);
}


static pl_status_t
begin_folder(plctl_world_t *world, pl_err_t *err)
{
    int          n;
    const char  *base = NULL, *dir;
    pl_status_t  rc;

    if (world->conf.keep != NULL) {
        rc = plctl_replay_empty(world->conf.keep, err);
        if (rc != PL_OK) {
            return rc;
        }

        dir = plctl_absolute(world->ctl, world->conf.keep);
        if (dir == NULL) {
            return pl_err_set(err, PL_IO, "start", errno,
                              "cannot tell the working folder");
        }

        n = snprintf(world->dir, sizeof(world->dir), "%s", dir);

    } else {
        base = getenv("TMPDIR");

        if (base == NULL || base[0] == '\0') {
            base = access(BEGIN_FASTEST, W_OK) == 0 ? BEGIN_FASTEST : "/tmp";
        }

        n = snprintf(world->dir, sizeof(world->dir), "%s/parleyctl-XXXXXX",
                     base);
    }

    if (n < 0 || (size_t) n >= sizeof(world->dir)) {
        return pl_err_set(err, PL_TOOBIG, "start", 0, "path is too long");
    }

    if (world->conf.keep == NULL) {

        if (mkdtemp(world->dir) == NULL) {
            rc = pl_err_set(err, PL_IO, "start", errno, "cannot make folder");
            pl_err_path(err, "%s", base);
            return rc;
        }

        world->temporary = true;
    }

    return PL_OK;
}


static pl_status_t
begin_store(plctl_world_t *world, pl_err_t *err)
{
    plctl_t          *ctl = world->ctl;
    pl_status_t       rc;
    pl_store_conf_t   conf;

    world->ar = pl_arena_create(BEGIN_ARENA_BLOCK, BEGIN_ARENA_MAX);
    if (world->ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "start", 0, "out of memory");
    }

    memset(&conf, 0, sizeof(conf));
    conf.dir = world->dir;
    conf.create = true;
    conf.size = PLCTL_WORLD_SIZE;
    conf.read_age_ms = conf.write_age_ms = PLCTL_READ_AGE_MS;

    rc = plctl_shapes(ctl, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_open(&ctl->st, &conf, err);
    if (rc != PL_OK) {
        ctl->st = NULL;
        return rc;
    }

    rc = pl_journal_open(ctl->st, &world->clock, err);

    if (rc == PL_OK) {
        rc = pl_fold_create(&world->fold, ctl->st, ctl->st, NULL,
                            ctl->shapes, &world->clock, err);
    }

    if (rc == PL_OK) {
        pl_fold_watch(world->fold, world->conf.watch);
    }

    return rc;
}


static pl_status_t
begin_publish(plctl_world_t *world, pl_err_t *err)
{
    uint8_t                  cycle[PL_CYCLE_LEN], digest[32];
    pl_status_t              rc;
    pl_appended_t            out;
    Pl__TenantSettings      *tenants[1];
    Pl__SettingsPublish      publish = PL__SETTINGS_PUBLISH__INIT;
    const pl_tenant_conf_t  *tenant;

    memset(cycle, 0, sizeof(cycle));
    cycle[PL_CYCLE_LEN - 1] = 1;

    tenants[0] = (Pl__TenantSettings *) world->conf.tenant;
    publish.cycle.data = cycle;
    publish.cycle.len = sizeof(cycle);
    publish.n_tenants = 1;
    publish.tenants = tenants;
    publish.journal_keep_ms = BEGIN_KEEP_MS;

    rc = pl_settings_digest(&publish, NULL, 0, digest);
    if (rc != PL_OK) {
        return pl_err_set(err, rc, "start", 0, "cannot digest the settings");
    }

    publish.digest.data = digest;
    publish.digest.len = sizeof(digest);

    rc = pl_journal_append(world->ctl->st, &world->clock, NULL, 0, &publish,
                           &out, err);

    if (rc == PL_OK) {
        rc = plctl_world_fold(world, err);
    }

    if (rc == PL_OK) {
        rc = begin_settings(world, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    tenant = pl_settings_tenant_at(world->ctl->settings, 0);

    if (tenant == NULL
        || pl_settings_channel_at(world->ctl->settings, 0) == NULL)
    {
        return pl_err_set(err, PL_INVALID, "start", 0,
                          "the settings did not take effect");
    }

    world->tenant = tenant->id;
    world->channel
        = pl_settings_channel_at(world->ctl->settings, 0)->row->id;

    return PL_OK;
}


static pl_status_t
begin_settings(plctl_world_t *world, pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_status_t   rc;

    rc = pl_store_begin(world->ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_settings_load(&world->ctl->settings, txn, world->ctl->shapes,
                          err);
    pl_store_abort(txn);

    if (rc != PL_OK) {
        world->ctl->settings = NULL;
    }

    return rc;
}


/* The sender's epoch; then the templates are read as it reads them. */

static pl_status_t
begin_start(plctl_world_t *world, pl_err_t *err)
{
    uint8_t            boot[16];
    pl_status_t        rc;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__SenderStart    start = PL__SENDER_START__INIT;
    Pl__SyncRequest    sync = PL__SYNC_REQUEST__INIT;

    memset(boot, 0, sizeof(boot));
    start.boot.data = boot;
    start.boot.len = sizeof(boot);
    start.has_known = 1;
    start.known = 1;
    command.of_case = PL__COMMAND__OF_SENDER_START;
    command.sender_start = &start;

    rc = plctl_world_append(world, &command, false, &world->epoch, err);

    if (rc != PL_OK || world->conf.n_templates == 0) {
        return rc;
    }

    sync.tenant = world->tenant;
    sync.channel = world->channel;
    command.of_case = PL__COMMAND__OF_SYNC_REQUEST;
    command.sync_request = &sync;

    return plctl_world_do(world, &command, false, err);
}
