/*
 * status and channels: what the store is, and what it was told.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "../channel/twilio.h"
#include "../core/str.h"
#include "../engine/journal.h"
#include "../engine/state.h"
#include "cmd.h"
#include "list.h"


#define STATUS_LABEL  10


/* Tables whose rows people ask for; --json has all of the state's. */
static const pl_table_e  status_tables[] = {
    PL_TABLE_CONTACTS,
    PL_TABLE_CONVERSATIONS,
    PL_TABLE_MESSAGES,
    PL_TABLE_OUTBOX,
    PL_TABLE_DUE,
    PL_TABLE_ATTEMPTS,
    PL_TABLE_UNKNOWN,
    PL_TABLE_DEAD,
    PL_TABLE_QUARANTINE,
    PL_TABLE_TIMERS,
};

static const char *const  channels_titles[] = {
    "TENANT", "CHANNEL", "PROVIDER", "ACCOUNT", "WABA", ">RATE", "TOKEN",
    "API", "WEBHOOK", "STATE"
};


typedef struct {
    Pl__Ctl__StatusRow   row;
    plctl_t             *ctl;
    const char          *problems[4];
    Pl__Ctl__EnvRoom     rooms[PL_ENV_COUNT];
    Pl__Ctl__EnvRoom    *room_list[PL_ENV_COUNT];
    Pl__Ctl__TableCount  counts[PL_TABLE_COUNT];
    Pl__Ctl__TableCount *count_list[PL_TABLE_COUNT];
    Pl__Ctl__Fill        fill;
    pl_marks_t           marks;
} status_t;

typedef struct {
    size_t   i;
} channels_t;


static void status_problem(status_t *status, const pl_err_t *err);
static pl_status_t status_journal(status_t *status, pl_err_t *err);
static pl_status_t status_state(status_t *status, pl_err_t *err);
static void status_zones(status_t *status);
static void status_seal(status_t *status);
static pl_status_t status_counts(status_t *status, pl_txn_t *txn,
    pl_err_t *err);
static void status_shared(status_t *status);
static void status_rooms(status_t *status);
static void status_fill(status_t *status);
static void status_text(status_t *status);
static void status_text_journal(status_t *status);
static void status_text_room(status_t *status);
static void status_text_rows(status_t *status);
static void status_line(status_t *status, const char *label,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static pl_status_t channels_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static void channels_cells(pl_arena_t *ar, const pl_channel_conf_t *conf,
    const Pl__Ctl__ChannelRow *json, plctl_row_t *row);


int
plctl_cmd_status(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    pl_err_t   err, problem;
    status_t   status;

    (void) words;
    (void) n_words;

    memset(&err, 0, sizeof(pl_err_t));
    memset(&status, 0, sizeof(status_t));

    if (plctl_open_any(ctl, &problem, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    pl__ctl__status_row__init(&status.row);
    status.ctl = ctl;
    status.row.version = (char *) PL_VERSION;
    status.row.schema = PL_SCHEMA_VERSION;
    status.row.engine = PL_ENGINE_VERSION;
    status.row.store = (char *) plctl_clean(ctl->ar, ctl->dir);
    status.row.problems = (char **) status.problems;

    if (problem.status != PL_OK) {
        status_problem(&status, &problem);
    }

    /* the state first: the journal read after it cannot be behind it */

    if (status_state(&status, &err) != PL_OK) {
        status_problem(&status, &err);
    }

    if (status_journal(&status, &err) != PL_OK) {
        status_problem(&status, &err);
    }

    status_shared(&status);
    status_rooms(&status);
    status_fill(&status);

    if (!ctl->json) {
        status_text(&status);

    } else if (plctl_json(ctl, &status.row.base, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    return status.row.n_problems == 0 ? PLCTL_EXIT_OK : PLCTL_EXIT_FAILED;
}


static void
status_problem(status_t *status, const pl_err_t *err)
{
    char         buf[sizeof(pl_err_t)];
    const char  *text;

    if (status->row.n_problems == PL_COUNT(status->problems)) {
        return;
    }

    text = plctl_clean(status->ctl->ar, pl_err_print(err, buf, sizeof(buf)));

    if (status->row.n_problems == 0
        || strcmp(status->problems[status->row.n_problems - 1], text) != 0)
    {
        status->problems[status->row.n_problems++] = text;
    }
}


static pl_status_t
status_journal(status_t *status, pl_err_t *err)
{
    pl_txn_t            *txn;
    pl_status_t          rc;
    Pl__JournalMeta     *meta;
    Pl__Ctl__StatusRow  *row;

    rc = pl_store_begin(status->ctl->st, PL_ENV_JOURNAL, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_journal_meta(txn, status->ctl->ar, &meta, err);
    pl_store_abort(txn);

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND
               ? pl_err_set(err, PL_NOTFOUND, "journal", 0,
                            "the store has no journal")
               : rc;
    }

    row = &status->row;
    row->journal = (char *) plctl_hex(status->ctl->ar, meta->uuid.data,
                                      meta->uuid.len);
    row->has_first = 1;
    row->first = meta->first;
    row->has_next = 1;
    row->next = meta->next;
    row->has_live_bytes = 1;
    row->live_bytes = meta->live_bytes;
    row->has_last_ms = 1;
    row->last_ms = meta->last_ms;
    row->has_lag = 1;
    row->lag = meta->next - 1 > row->folded ? meta->next - 1 - row->folded
                                            : 0;

    return PL_OK;
}


static pl_status_t
status_state(status_t *status, pl_err_t *err)
{
    pl_txn_t            *txn;
    pl_status_t          rc;
    Pl__StateMeta       *meta;
    Pl__Ctl__StatusRow  *row;

    rc = pl_store_begin(status->ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_state_meta(txn, status->ctl->ar, &meta, err);
    row = &status->row;

    if (rc == PL_OK) {
        row->folds = (char *) plctl_hex(status->ctl->ar, meta->journal.data,
                                        meta->journal.len);
        row->has_folded = 1;
        row->folded = meta->folded;
        row->has_items = 1;
        row->items = meta->items;
        row->has_folded_ms = 1;
        row->folded_ms = meta->folded_ms;
        row->has_generation = 1;
        row->generation = meta->generation;
        status_zones(status);
        status_seal(status);
        row->has_epoch = meta->has_epoch;
        row->epoch = meta->epoch;
        row->has_next_id = 1;
        row->next_id = meta->next_id;
        row->has_state_schema = 1;
        row->state_schema = meta->schema;
        row->has_state_engine = 1;
        row->state_engine = meta->engine;
    }

    /* a store that has folded nothing yet is sound */

    if (rc == PL_OK || rc == PL_NOTFOUND) {
        rc = status_counts(status, txn, err);
    }

    pl_store_abort(txn);

    return rc;
}


static void
status_seal(status_t *status)
{
    pl_store_seal_t  seal;

    pl_store_seal(status->ctl->st, &seal);

    if (seal.keys) {
        status->row.has_sealed = 1;
        status->row.sealed = seal.on;
        status->row.has_periods = 1;
        status->row.periods = seal.periods;
    }
}


static void
status_zones(status_t *status)
{
    const pl_zones_t  *zones;

    zones = pl_settings_zones(status->ctl->settings);

    if (pl_zones_version(zones) != NULL) {
        status->row.has_zones = 1;
        status->row.zones = (uint32_t) pl_zones_count(zones);
        status->row.zones_version = (char *) (uintptr_t)
                                    pl_zones_version(zones);
    }
}


static pl_status_t
status_counts(status_t *status, pl_txn_t *txn, pl_err_t *err)
{
    size_t               n;
    unsigned             i;
    pl_status_t          rc;
    Pl__Ctl__TableCount  *count;

    n = 0;

    for (i = 0; i < PL_TABLE_COUNT; i++) {
        if (pl_store_tables[i].env != PL_ENV_STATE) {
            continue;
        }

        count = &status->counts[i];
        pl__ctl__table_count__init(count);
        count->name = (char *) pl_store_tables[i].name;

        rc = pl_store_count(txn, (pl_table_e) i, &count->rows, err);
        if (rc != PL_OK) {
            return rc;
        }

        status->count_list[n++] = count;
    }

    status->row.tables = status->count_list;
    status->row.n_tables = n;

    return PL_OK;
}


static void
status_shared(status_t *status)
{
    uint64_t     suspect;
    pl_share_t  *note;

    status->row.sender = pl_shared_locked(status->ctl->sh, PL_LOCK_SENDER);
    status->row.folding = pl_shared_locked(status->ctl->sh, PL_LOCK_FOLD);

    note = pl_shared_note(status->ctl->sh);
    suspect = atomic_load(&note->suspect);

    if (suspect != 0) {
        status->row.has_suspect = 1;
        status->row.suspect = suspect - 1;
        status->row.has_strikes = 1;
        status->row.strikes = atomic_load(&note->strikes);
    }
}


static void
status_rooms(status_t *status)
{
    unsigned           i;
    pl_err_t           err = { 0 };
    pl_store_room_t    room;
    Pl__Ctl__EnvRoom  *row;

    static const char *const  names[PL_ENV_COUNT] = { "journal", "state" };

    for (i = 0; i < PL_ENV_COUNT; i++) {

        if (pl_store_room(status->ctl->st, (pl_env_e) i, &room, &err)
            != PL_OK)
        {
            status_problem(status, &err);
            continue;
        }

        row = &status->rooms[i];
        pl__ctl__env_room__init(row);
        row->name = (char *) names[i];
        row->map_bytes = room.map_bytes;
        row->file_bytes = room.file_bytes;
        row->live_bytes = room.live_bytes;
        row->free_bytes = room.free_bytes;
        row->disk_bytes = room.disk_bytes;
        row->readers = room.readers;
        row->oldest_reader = room.oldest_reader;

        status->room_list[status->row.n_environments++] = row;
    }

    status->row.environments = status->room_list;
}


/* Without what was passed before, so that a mark is told when it is passed. */

static void
status_fill(status_t *status)
{
    pl_err_t        err = { 0 };
    pl_fill_t       fill;
    Pl__Ctl__Fill  *row;

    static const char *const  marks[PL_MARKS + 1] = {
        "none", "warn", "hold", "refuse"
    };

    memset(&fill, 0, sizeof(fill));
    pl_settings_marks(status->ctl->settings, &status->marks);

    if (pl_store_fill(status->ctl->st, &status->marks, &fill, &err) != PL_OK)
    {
        status_problem(status, &err);
        return;
    }

    row = &status->fill;
    pl__ctl__fill__init(row);
    row->percent = fill.percent;
    row->environment = fill.env == PL_ENV_JOURNAL ? (char *) "journal"
                                                  : (char *) "state";
    row->of = fill.disk ? (char *) "disk" : (char *) "map";
    row->marks = status->marks.percent;
    row->n_marks = PL_MARKS;
    row->mark = (char *) marks[fill.mark];
    status->row.fill = row;
}


static void
status_text(status_t *status)
{
    size_t               i;
    Pl__Ctl__StatusRow  *row;

    row = &status->row;

    status_line(status, "parleyctl", "%s, schema %" PRIu32 ", engine %"
                PRIu32, row->version, row->schema, row->engine);
    status_line(status, "store", "%s", row->store);

    status_text_journal(status);

    status_line(status, "sender", "%s",
                row->sender ? "running" : "not running");
    status_line(status, "folding", "%s", row->folding ? "yes" : "no");

    if (row->has_suspect) {
        status_line(status, "suspect", "entry %" PRIu64 ", %" PRIu32
                    " deaths at it", row->suspect, row->strikes);
    }

    status_text_room(status);

    if (row->fill != NULL) {
        status_line(status, "marks", "%" PRIu32 " %% of the %s's %s, marks %"
                    PRIu32 " %" PRIu32 " %" PRIu32 ": %s", row->fill->percent,
                    row->fill->environment, row->fill->of,
                    row->fill->marks[0], row->fill->marks[1],
                    row->fill->marks[2], row->fill->mark);
    }

    status_text_rows(status);

    for (i = 0; i < row->n_problems; i++) {
        status_line(status, "PROBLEM", "%s", row->problems[i]);
    }
}


static void
status_text_journal(status_t *status)
{
    pl_arena_t          *ar;
    Pl__Ctl__StatusRow  *row;

    ar = status->ctl->ar;
    row = &status->row;

    if (row->has_next) {
        status_line(status, "journal", "%s", row->journal);
        status_line(status, "entries", "%" PRIu64 " to %" PRIu64
                    ", bodies %s, newest %s", row->first, row->next - 1,
                    plctl_bytes(ar, row->live_bytes),
                    plctl_time(ar, row->last_ms));
    }

    if (!row->has_folded) {
        status_line(status, "folded", "nothing yet");
        return;
    }

    status_line(status, "folded", "%" PRIu64 "%s, %s, lag %" PRIu64,
                row->folded, row->items != 0 ? " and part of the next" : "",
                plctl_time(ar, row->folded_ms), row->lag);
    status_line(status, "state", "schema %" PRIu32 ", engine %" PRIu32
                ", settings generation %" PRIu32, row->state_schema,
                row->state_engine, row->generation);

    status_line(status, "sealed", "%s", row->sealed
                ? "values are, under keys that can be forgotten"
                : "no: what is deleted stays in free pages and backups");

    if (row->has_zones) {
        status_line(status, "zones", "%" PRIu32 " of tz database %s",
                    row->zones, row->zones_version[0] == '\0'
                                ? "-" : plctl_clean(ar, row->zones_version));
    }

    if (row->has_epoch) {
        status_line(status, "epoch", "%" PRIu64 " (entry of the newest "
                    "sender's start)", row->epoch);
    }
}


static void
status_text_room(status_t *status)
{
    size_t             i;
    pl_arena_t        *ar;
    Pl__Ctl__EnvRoom  *room;

    ar = status->ctl->ar;

    for (i = 0; i < status->row.n_environments; i++) {
        room = status->room_list[i];

        status_line(status, i == 0 ? "room" : "", "%s: live %s of %s, "
                    "file %s with %s free, disk %s free, %" PRIu64
                    " readers", room->name,
                    plctl_bytes(ar, room->live_bytes),
                    plctl_bytes(ar, room->map_bytes),
                    plctl_bytes(ar, room->file_bytes),
                    plctl_bytes(ar, room->free_bytes),
                    plctl_bytes(ar, room->disk_bytes), room->readers);
    }
}


static void
status_text_rows(status_t *status)
{
    size_t  i;

    if (status->row.n_tables == 0) {
        return;
    }

    for (i = 0; i < PL_COUNT(status_tables); i++) {
        status_line(status, i == 0 ? "rows" : "", "%-13s %10" PRIu64,
                    pl_store_tables[status_tables[i]].name,
                    status->counts[status_tables[i]].rows);
    }
}


static void
status_line(status_t *status, const char *label, const char *fmt, ...)
{
    va_list  ap;

    fprintf(status->ctl->out, "%-*s ", STATUS_LABEL, label);
    va_start(ap, fmt);
    vfprintf(status->ctl->out, fmt, ap);
    va_end(ap);
    fputc('\n', status->ctl->out);
}


int
plctl_cmd_channels(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    pl_err_t    err = { 0 };
    channels_t  channels;

    static const plctl_listing_t  listing = {
        .env = PL_ENV_STATE,
        .titles = channels_titles,
        .n_titles = PL_COUNT(channels_titles),
        .next = channels_next,
    };

    (void) words;
    (void) n_words;

    memset(&channels, 0, sizeof(channels_t));

    if (plctl_open(ctl, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    return plctl_list(ctl, &listing, &channels, ctl->args->limit);
}


static pl_status_t
channels_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    channels_t                 *channels;
    Pl__Ctl__ChannelRow        *json;
    const pl_channel_conf_t    *conf;
    const Pl__ChannelSettings  *set;

    (void) txn;

    channels = data;
    conf = pl_settings_channel_at(ctl->settings, channels->i++);

    if (conf == NULL) {
        return PL_NOTFOUND;
    }

    json = pl_arena_alloc(ar, sizeof(Pl__Ctl__ChannelRow));
    if (json == NULL) {
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    set = conf->row;
    pl__ctl__channel_row__init(json);
    json->tenant = (char *) plctl_tenant_name(ctl, ar, conf->tenant);
    json->channel = set->name;
    json->has_id = set->has_id;
    json->id = set->id;
    json->provider = set->provider;
    json->account = set->account;
    json->waba_id = set->waba_id;
    json->api_base_url = set->api_base_url;
    json->api_version = set->api_version;
    json->has_connect_timeout_ms = 1;
    json->connect_timeout_ms = set->connect_timeout_ms;
    json->has_timeout_ms = 1;
    json->timeout_ms = set->timeout_ms;
    json->has_rate_per_s = 1;
    json->rate_per_s = set->rate_per_s;
    json->token = set->has_token && set->token.len != 0 ? (char *) "set"
                                                        : NULL;
    json->n_retries = set->n_retries;
    json->retries = set->retries;
    json->has_unknown_resend_ms = set->has_unknown_resend_ms;
    json->unknown_resend_ms = set->unknown_resend_ms;
    json->has_removed = set->has_removed && set->removed;
    json->removed = json->has_removed;
    json->sandbox = set->sandbox;
    json->fallback = set->callback_url;
    json->webhook = set->callback_url == NULL ? NULL
                    : pl_arena_printf(ar, "%s" PL_TWILIO_FRAGMENT,
                                      set->callback_url);

    row->json = &json->base;
    channels_cells(ar, conf, json, row);

    return PL_OK;
}


static void
channels_cells(pl_arena_t *ar, const pl_channel_conf_t *conf,
    const Pl__Ctl__ChannelRow *json, plctl_row_t *row)
{
    const Pl__ChannelSettings  *set = conf->row;

    row->cells[0] = json->tenant;
    row->cells[1] = plctl_clean(ar, set->name);
    row->cells[2] = plctl_clean(ar, set->provider);
    row->cells[3] = plctl_clean(ar, set->account);
    row->cells[4] = plctl_clean(ar, set->waba_id);
    row->cells[5] = plctl_print(ar, "%" PRIu32 "/s", set->rate_per_s);
    row->cells[6] = json->token == NULL ? "not set" : "set";
    row->cells[7] = plctl_print(ar, "%s/%s",
                                plctl_clean(ar, set->api_base_url),
                                plctl_clean(ar, set->api_version));
    row->cells[8] = json->webhook == NULL ? "-"
                    : plctl_clean(ar, json->webhook);
    row->cells[9] = json->removed
                    ? "removed"
                    : conf->provider == NULL ? "unknown provider"
                    : set->sandbox != NULL ? "sandbox" : "configured";
}
