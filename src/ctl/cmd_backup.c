/*
 * backup: a copy of a store in use.
 *
 * The state is copied before the journal: then the journal's copy reaches at
 * least as far as the state's has folded. Whatever the state's copy has not
 * folded must still be in the journal's, so dropping is held meanwhile; the
 * hold is a time, which passes if we are killed. Should it pass while a very
 * slow disk is still being written, the copies no longer fit together, which
 * opening them shows: then there is no backup.
 *
 * Until it has its name, a file in it says that it is unfinished (backup.c);
 * should we be killed in between, a backup that is whole has that file too.
 *
 * The copy is opened before it gets its name: probed, held against itself,
 * and folded on where it stands inside an entry, so that it can be replayed
 * and compared like any store.
 */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/slots.h"
#include "../core/crypto.h"
#include "../engine/fold.h"
#include "../engine/state.h"
#include "backup.h"
#include "cmd.h"


#define BACKUP_HOLD_MS  (3600 * 1000LL)
#define BACKUP_FILES    3


typedef struct {
    plctl_t              *ctl;
    const char           *dest;
    const char           *temp;         /* DEST.tmp */
    int                   fd;           /* of it; -1: not made */
    bool                  holds;        /* dropping, until: */
    int64_t               until_ms;
    Pl__Ctl__BackupRow    row;
    Pl__Ctl__BackupFile   files[BACKUP_FILES];
    Pl__Ctl__BackupFile  *file_list[BACKUP_FILES];
} backup_t;


static pl_status_t backup_run(backup_t *b, const char *dest, pl_err_t *err);
static pl_status_t backup_dest(backup_t *b, const char *dest,
    pl_err_t *err);
static pl_status_t backup_copy(backup_t *b, pl_err_t *err);
static pl_status_t backup_env(backup_t *b, pl_env_e env, pl_err_t *err);
static pl_status_t backup_key(backup_t *b, pl_err_t *err);
static pl_status_t backup_keys(backup_t *b, pl_err_t *err);
static pl_status_t backup_open(backup_t *b, pl_err_t *err);
static pl_status_t backup_check(backup_t *b, pl_store_t *st,
    pl_err_t *err);
static pl_status_t backup_state(backup_t *b, pl_store_t *st, bool *inside,
    pl_err_t *err);
static pl_status_t backup_journal(backup_t *b, pl_store_t *st,
    pl_err_t *err);
static pl_status_t backup_fold(backup_t *b, pl_store_t *st, pl_err_t *err);
static pl_status_t backup_list(backup_t *b, const char *name,
    pl_err_t *err);
static pl_status_t backup_manifest(backup_t *b, pl_err_t *err);
static pl_status_t backup_name(backup_t *b, pl_err_t *err);
static int backup_say(backup_t *b);


int
plctl_cmd_backup(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    int          status;
    pl_err_t     err = { 0 };
    backup_t     b;
    pl_status_t  rc;

    (void) n_words;

    memset(&b, 0, sizeof(b));
    b.ctl = ctl;
    b.fd = -1;
    pl__ctl__backup_row__init(&b.row);
    b.row.files = b.file_list;

    rc = backup_run(&b, words[0], &err);

    if (b.holds) {
        /* else it passes: nothing is lost but room for a while */
        (void) pl_journal_release(ctl->st, b.until_ms, NULL);
    }

    if (rc == PL_OK) {
        status = backup_say(&b);

    } else {
        status = plctl_fail(ctl, &err);

        if (b.fd != -1) {
            plctl_backup_clean(ctl, b.temp);
        }
    }

    if (b.fd != -1) {
        (void) close(b.fd);     /* a folder, for its lock */
    }

    return status;
}


static pl_status_t
backup_run(backup_t *b, const char *dest, pl_err_t *err)
{
    pl_status_t  rc;

    rc = plctl_open(b->ctl, err);

    if (rc == PL_OK) {
        rc = backup_dest(b, dest, err);
    }

    if (rc == PL_OK) {
        rc = pl_shared_lock(b->ctl->sh, PL_LOCK_BACKUP, err);
    }

    if (rc == PL_OK) {
        rc = plctl_backup_make(b->ctl, b->temp, &b->fd, err);
    }

    if (rc == PL_OK) {
        rc = backup_copy(b, err);
    }

    if (rc == PL_OK) {
        rc = backup_key(b, err);
    }

    if (rc == PL_OK) {
        rc = backup_keys(b, err);
    }

    if (rc == PL_OK) {
        rc = backup_open(b, err);
    }

    if (rc == PL_OK) {
        rc = backup_manifest(b, err);
    }

    return rc == PL_OK ? backup_name(b, err) : rc;
}


static pl_status_t
backup_dest(backup_t *b, const char *dest, pl_err_t *err)
{
    size_t        len;
    char         *bare;
    struct stat   sb;
    pl_status_t   rc;

    dest = plctl_absolute(b->ctl, dest);
    bare = dest == NULL ? NULL : pl_arena_printf(b->ctl->ar, "%s", dest);

    if (bare == NULL) {
        return pl_err_set(err, PL_IO, "backup", errno,
                          "cannot tell the working folder");
    }

    for (len = strlen(bare); len > 1 && bare[len - 1] == '/'; len--) {
        bare[len - 1] = '\0';
    }

    b->dest = bare;
    b->temp = pl_arena_printf(b->ctl->ar, "%s.tmp", bare);
    if (b->temp == NULL) {
        return pl_err_set(err, PL_NOMEM, "backup", 0, "out of memory");
    }

    if (lstat(b->dest, &sb) == -1 && errno == ENOENT) {
        return PL_OK;
    }

    rc = pl_err_set(err, PL_EXISTS, "backup", 0,
                    "is there already, or cannot be looked at");
    pl_err_path(err, "%s", b->dest);

    return rc;
}


/* A journal too full for the hold's row loses little: see the head. */

static pl_status_t
backup_copy(backup_t *b, pl_err_t *err)
{
    plctl_t      *ctl;
    pl_status_t   rc;

    ctl = b->ctl;

    rc = pl_journal_hold(ctl->st, ctl->clock, BACKUP_HOLD_MS, &b->until_ms,
                         err);
    b->holds = rc == PL_OK;

    if (rc != PL_OK && rc != PL_FULL) {
        return rc;
    }

    rc = backup_env(b, PL_ENV_STATE, err);

    return rc == PL_OK ? backup_env(b, PL_ENV_JOURNAL, err) : rc;
}


static pl_status_t
backup_env(backup_t *b, pl_env_e env, pl_err_t *err)
{
    const char  *path;

    path = plctl_backup_path(b->ctl, b->temp, env == PL_ENV_STATE
                                              ? "state/data.mdb"
                                              : "journal/data.mdb");

    return pl_store_copy(b->ctl->st, env, path,
                         (b->ctl->args->given & PLCTL_OPT_COMPACT) != 0,
                         err);
}


static pl_status_t
backup_key(backup_t *b, pl_err_t *err)
{
    FILE                      *file;
    pl_str_t                   key;
    plctl_t                   *ctl;
    const char                *path, *from;
    pl_status_t                rc;
    const Pl__GlobalSettings  *global;

    ctl = b->ctl;
    global = pl_settings_global(ctl->settings);
    from = plctl_backup_path(ctl, ctl->dir, "key");

    if (global != NULL && global->key_file != NULL
        && global->key_file[0] != '\0')
    {
        from = global->key_file;
    }

    b->row.key_file = (char *) from;
    b->row.media_dir = global == NULL ? NULL : global->media_dir;

    if ((ctl->args->given & PLCTL_OPT_WITH_KEY) == 0) {
        return PL_OK;
    }

    rc = plctl_file(ctl, from, PL_PATH_MAX, &key, err);
    if (rc != PL_OK) {
        return rc;
    }

    path = plctl_backup_path(ctl, b->temp, "key");
    file = plctl_backup_file(path, err);
    if (file == NULL) {
        return err->status;
    }

    (void) fwrite(key.data, 1, key.len, file);  /* the end asks ferror */
    rc = plctl_backup_end(file, path, err);
    b->row.key = rc == PL_OK;

    return rc;
}


/*
 * Where the keys of sealed values are: they themselves stay, so that what is
 * forgotten there is forgotten here.
 */

static pl_status_t
backup_keys(backup_t *b, pl_err_t *err)
{
    FILE        *file;
    const char  *path, *keys;

    keys = pl_store_keys(b->ctl->st);
    if (keys == NULL) {
        return PL_OK;
    }

    path = plctl_backup_path(b->ctl, b->temp, PL_SLOTS_AT);

    file = plctl_backup_file(path, err);
    if (file == NULL) {
        return err->status;
    }

    (void) fprintf(file, "%s\n", keys);        /* the end asks ferror */

    return plctl_backup_end(file, path, err);
}


static pl_status_t
backup_open(backup_t *b, pl_err_t *err)
{
    pl_store_t       *st;
    pl_status_t       rc;
    pl_store_conf_t   conf;

    memset(&conf, 0, sizeof(conf));
    conf.dir = b->temp;

    rc = pl_store_open(&st, &conf, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_journal_open(st, b->ctl->clock, err);
    if (rc == PL_OK) {
        rc = backup_check(b, st, err);
    }

    pl_store_close(st);
    plctl_backup_unlock(b->ctl, b->temp);

    return rc;
}


static pl_status_t
backup_check(backup_t *b, pl_store_t *st, pl_err_t *err)
{
    bool         inside;
    pl_status_t  rc;

    rc = backup_state(b, st, &inside, err);

    if (rc == PL_OK && inside) {
        rc = backup_fold(b, st, err);

        if (rc == PL_OK) {
            rc = backup_state(b, st, &inside, err);
        }
    }

    return rc == PL_OK ? backup_journal(b, st, err) : rc;
}


static pl_status_t
backup_state(backup_t *b, pl_store_t *st, bool *inside, pl_err_t *err)
{
    pl_txn_t       *txn;
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    *inside = false;

    rc = pl_store_begin(st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_state_meta(txn, b->ctl->ar, &meta, err);
    pl_store_abort(txn);

    if (rc == PL_OK) {
        b->row.folded = meta->folded;
        *inside = meta->items != 0;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;      /* nothing was ever folded */
}


static pl_status_t
backup_journal(backup_t *b, pl_store_t *st, pl_err_t *err)
{
    pl_txn_t         *txn;
    plctl_t          *ctl;
    pl_status_t       rc;
    Pl__JournalMeta  *meta;

    ctl = b->ctl;

    rc = pl_store_begin(st, PL_ENV_JOURNAL, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_journal_meta(txn, ctl->ar, &meta, err);
    pl_store_abort(txn);

    if (rc == PL_OK) {
        b->row.journal = (char *) plctl_hex(ctl->ar, meta->uuid.data,
                                            meta->uuid.len);
        b->row.first = meta->first;
        b->row.next = meta->next;
        b->row.time_ms = meta->last_ms;
    }

    return rc;
}


/* To the end of the entry that it stands inside. */

static pl_status_t
backup_fold(backup_t *b, pl_store_t *st, pl_err_t *err)
{
    pl_fold_t    *fold;
    pl_folded_t   done;
    pl_status_t   rc;

    rc = pl_fold_create(&fold, st, st, NULL, b->ctl->shapes, b->ctl->clock,
                        err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_fold_take(fold, err);

    if (rc == PL_OK) {
        do {
            rc = pl_fold_step(fold, b->row.folded + 1, &done, err);
        } while (rc == PL_OK && done.more && done.folded <= b->row.folded);

        pl_fold_give(fold);
    }

    pl_fold_destroy(fold);

    return rc;
}


static pl_status_t
backup_list(backup_t *b, const char *name, pl_err_t *err)
{
    Pl__Ctl__BackupFile  *row;

    row = &b->files[b->row.n_files];
    pl__ctl__backup_file__init(row);
    row->name = (char *) name;
    b->file_list[b->row.n_files++] = row;

    return plctl_backup_hash(b->ctl,
                             plctl_backup_path(b->ctl, b->temp, name),
                             row, err);
}


static pl_status_t
backup_manifest(backup_t *b, pl_err_t *err)
{
    FILE         *file, *out;
    plctl_t      *ctl;
    const char   *path;
    pl_status_t   rc, ended;

    ctl = b->ctl;
    b->row.version = (char *) PL_VERSION;
    b->row.schema = PL_SCHEMA_VERSION;
    b->row.engine = PL_ENGINE_VERSION;
    b->row.compact = (ctl->args->given & PLCTL_OPT_COMPACT) != 0;

    rc = backup_list(b, "journal/data.mdb", err);

    if (rc == PL_OK) {
        rc = backup_list(b, "state/data.mdb", err);
    }

    if (rc == PL_OK && b->row.key) {
        rc = backup_list(b, "key", err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    path = plctl_backup_path(ctl, b->temp, "backup.json");
    file = plctl_backup_file(path, err);
    if (file == NULL) {
        return err->status;
    }

    out = ctl->out;
    ctl->out = file;
    rc = plctl_json(ctl, &b->row.base, err);
    ctl->out = out;

    ended = plctl_backup_end(file, path, rc == PL_OK ? err : NULL);

    return rc == PL_OK ? ended : rc;
}


static pl_status_t
backup_name(backup_t *b, pl_err_t *err)
{
    char         *slash, *parent;
    plctl_t      *ctl;
    pl_status_t   rc;

    ctl = b->ctl;
    rc = plctl_backup_sync(plctl_backup_path(ctl, b->temp, "journal"), err);

    if (rc == PL_OK) {
        rc = plctl_backup_sync(plctl_backup_path(ctl, b->temp, "state"), err);
    }

    if (rc == PL_OK) {
        rc = plctl_backup_sync(b->temp, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (rename(b->temp, b->dest) == -1) {
        rc = pl_err_set(err, PL_IO, "backup", errno, "cannot be named so");
        pl_err_path(err, "%s", b->dest);
        return rc;
    }

    rc = plctl_backup_finish(ctl, b->dest, err);
    if (rc != PL_OK) {
        return rc;
    }

    parent = pl_arena_printf(ctl->ar, "%s", b->dest);
    if (parent == NULL) {
        return pl_err_set(err, PL_NOMEM, "backup", 0, "out of memory");
    }

    slash = strrchr(parent, '/');
    slash[slash == parent] = '\0';

    return plctl_backup_sync(parent, err);
}


static int
backup_say(backup_t *b)
{
    size_t       i;
    plctl_t     *ctl;
    pl_err_t     err = { 0 };

    ctl = b->ctl;

    if (ctl->json) {
        return plctl_json(ctl, &b->row.base, &err) == PL_OK
               ? PLCTL_EXIT_OK : plctl_fail(ctl, &err);
    }

    fprintf(ctl->out, "%s: entries %llu to %llu, folded %llu\n", b->dest,
            (unsigned long long) b->row.first,
            (unsigned long long) b->row.next - 1,
            (unsigned long long) b->row.folded);

    for (i = 0; i < b->row.n_files; i++) {
        fprintf(ctl->out, "%-16s %s  %s\n", b->files[i].name,
                b->files[i].sha256,
                plctl_bytes(ctl->ar, b->files[i].bytes));
    }

    if (!b->row.key) {
        fprintf(ctl->out, "the key is not in it: %s\n",
                plctl_clean(ctl->ar, b->row.key_file));
    }

    if (b->row.media_dir != NULL) {
        fprintf(ctl->out, "nor are files of messages: %s\n",
                plctl_clean(ctl->ar, b->row.media_dir));
    }

    return PLCTL_EXIT_OK;
}
