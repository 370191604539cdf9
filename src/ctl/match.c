/*
 * replay --match: what entries of the past would become today. They are
 * folded into a fresh store by this program's decoders and rules, and what
 * became of each item there is held against what the state shows
 * (outcome.h); of messages, what they say as well.
 *
 * Where the journal's beginning was dropped, the fresh store begins with
 * today's settings and time zones, nothing else: people, messages and
 * repeats from before are not in it, so that what depends on those cannot be
 * compared, and is counted apart.
 *
 * The store itself is only read.
 */

#include <inttypes.h>
#include <string.h>

#include "../channel/channel.h"
#include "../core/record.h"
#include "../core/str.h"
#include "../engine/state.h"
#include "cmd.h"
#include "outcome.h"
#include "range.h"
#include "replay.h"


#define MATCH_NAMED_MAX  1000           /* differences that are shown */


/* A state, and how its items are looked up. */
typedef struct {
    pl_txn_t        *txn;
    pl_settings_t   *settings;
    plctl_look_t    *look;
} match_side_t;

typedef struct {
    plctl_t            *ctl;
    pl_store_t         *dest;
    pl_txn_t           *journal;
    pl_arena_t         *ar;             /* of one entry */
    match_side_t        live;
    match_side_t        again;
    plctl_range_t       range;
    uint64_t            first;          /* that the journal holds */
    bool                seeded;         /* it is not whole */
    uint32_t            tenant;         /* 0: all */
    Pl__Ctl__MatchRow   row;
} match_t;


static pl_status_t match_run(match_t *m, const char *dest, pl_err_t *err);
static pl_status_t match_open(match_t *m, pl_err_t *err);
static pl_status_t match_seed(match_t *m, pl_err_t *err);
static pl_status_t match_copy(match_t *m, pl_txn_t *to, pl_table_e table,
    pl_err_t *err);
static pl_status_t match_sides(match_t *m, pl_err_t *err);
static pl_status_t match_entry(match_t *m, uint64_t seq, pl_err_t *err);
static pl_status_t match_whole(match_t *m, uint64_t seq,
    const Pl__Entry *entry, pl_err_t *err);
static pl_status_t match_items(match_t *m, uint64_t seq,
    const pl_decoded_t *decoded, pl_err_t *err);
static bool match_wanted(const match_t *m, const Pl__Command *command,
    const plctl_outcome_t *live, const plctl_outcome_t *again);
static bool match_is_channel(const match_t *m, uint32_t channel);
static const char *match_differs(match_t *m, const plctl_outcome_t *live,
    const plctl_outcome_t *again, bool *unsure);
static bool match_waits(plctl_verdict_e verdict);
static bool match_same_message(match_t *m, const Pl__Message *a,
    const Pl__Message *b);
static pl_str_t match_bare(match_t *m, const Pl__Message *message);
static void match_bare_media(Pl__Content *content, Pl__Media *copy);
static pl_status_t match_say(match_t *m, uint64_t seq, size_t item,
    const char *kind, const char *path, const char *difference,
    pl_err_t *err);
static int match_report(match_t *m);


int
plctl_match(plctl_t *ctl, const char *dest)
{
    int          status;
    match_t      m;
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    memset(&m, 0, sizeof(m));
    m.ctl = ctl;
    pl__ctl__match_row__init(&m.row);

    rc = match_run(&m, dest, &err);
    status = rc == PL_OK ? match_report(&m) : plctl_fail(ctl, &err);

    plctl_look_close(m.again.look);
    plctl_look_close(m.live.look);
    pl_settings_destroy(m.again.settings);
    pl_store_abort(m.again.txn);
    pl_store_abort(m.live.txn);
    pl_store_abort(m.journal);
    pl_arena_destroy(m.ar);

    if (m.dest != NULL) {
        pl_store_close(m.dest);
    }

    return status;
}


static pl_status_t
match_run(match_t *m, const char *dest, pl_err_t *err)
{
    uint64_t     seq;
    pl_status_t  rc;

    rc = match_open(m, err);

    if (rc == PL_OK) {
        rc = plctl_replay_empty(dest, err);
    }

    if (rc == PL_OK) {
        rc = plctl_replay_store(m->ctl, dest, true, &m->dest, err);
    }

    if (rc == PL_OK && m->seeded) {
        rc = match_seed(m, err);
    }

    if (rc == PL_OK && m->range.first <= m->range.last) {
        rc = plctl_replay_fold(m->ctl, m->dest, m->range.last, err);

        if (rc == PL_OK) {
            rc = match_sides(m, err);
        }
    }

    for (seq = m->range.first; rc == PL_OK && seq <= m->range.last; seq++) {
        rc = match_entry(m, seq, err);
    }

    return rc;
}


static pl_status_t
match_open(match_t *m, pl_err_t *err)
{
    plctl_t          *ctl = m->ctl;
    pl_status_t       rc;
    Pl__StateMeta    *state;
    Pl__JournalMeta  *journal;

    m->ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    if (m->ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "replay", 0, "out of memory");
    }

    rc = plctl_open(ctl, err);

    if (rc == PL_OK && ctl->args->tenant != NULL) {
        rc = plctl_tenant(ctl, ctl->args->tenant, &m->tenant, err);
    }

    if (rc == PL_OK) {
        rc = pl_store_begin(ctl->st, PL_ENV_JOURNAL, false, &m->journal,
                            err);
    }

    if (rc == PL_OK) {
        rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &m->live.txn, err);
    }

    if (rc == PL_OK) {
        rc = pl_journal_meta(m->journal, ctl->ar, &journal, err);
    }

    if (rc == PL_OK) {
        rc = plctl_range(ctl, m->journal, &m->range, err);
    }

    if (rc == PL_OK) {
        rc = pl_state_meta(m->live.txn, ctl->ar, &state, err);
    }

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND && err->text[0] == '\0'
               ? pl_err_set(err, rc, "replay", 0,
                            "nothing of this journal has been folded yet")
               : rc;
    }

    m->first = journal->first;
    m->seeded = journal->first > 1;

    if (m->range.last > state->folded) {
        m->range.last = state->folded;
    }

    return PL_OK;
}


/* Tenants, channels and flows as they are now, and where to begin. */

static pl_status_t
match_seed(match_t *m, pl_err_t *err)
{
    size_t          i;
    pl_txn_t       *txn;
    pl_status_t     rc;
    Pl__StateMeta  *live, meta = PL__STATE_META__INIT;

    static const pl_table_e  tables[] = {
        PL_TABLE_SETTINGS, PL_TABLE_TENANTS, PL_TABLE_CHANNELS,
        PL_TABLE_ZONES
    };

    rc = pl_state_meta(m->live.txn, m->ctl->ar, &live, err);

    if (rc == PL_OK) {
        rc = pl_store_begin(m->dest, PL_ENV_STATE, true, &txn, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; rc == PL_OK && i < PL_COUNT(tables); i++) {
        rc = match_copy(m, txn, tables[i], err);
    }

    meta.schema = PL_SCHEMA_VERSION;
    meta.engine = PL_ENGINE_VERSION;
    meta.journal = live->journal;
    meta.folded = m->first - 1;
    meta.next_id = live->next_id;
    meta.next_tenant = live->next_tenant;
    meta.next_channel = live->next_channel;
    meta.generation = live->generation;

    if (rc == PL_OK) {
        rc = pl_state_put(txn, &meta, err);
    }

    if (rc == PL_OK) {
        return pl_store_commit(txn, err);
    }

    pl_store_abort(txn);

    return rc;
}


static pl_status_t
match_copy(match_t *m, pl_txn_t *to, pl_table_e table, pl_err_t *err)
{
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    rc = pl_store_scan(m->live.txn, table, PL_STR_NULL, false, &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_OK) {
            rc = pl_store_put(to, table, key, value, err);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
match_sides(match_t *m, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_store_begin(m->dest, PL_ENV_STATE, false, &m->again.txn, err);

    if (rc == PL_OK) {
        rc = pl_settings_load(&m->again.settings, m->again.txn,
                              m->ctl->shapes, err);
    }

    if (rc == PL_OK) {
        rc = plctl_look_open(&m->live.look, m->ctl, m->live.txn,
                             m->ctl->settings, m->range.first,
                             m->range.last, err);
    }

    return rc == PL_OK
           ? plctl_look_open(&m->again.look, m->ctl, m->again.txn,
                             m->again.settings, m->range.first,
                             m->range.last, err)
           : rc;
}


static pl_status_t
match_entry(match_t *m, uint64_t seq, pl_err_t *err)
{
    pl_err_t             why;
    Pl__Entry           *entry;
    pl_status_t          rc;
    pl_decoded_t         decoded;
    const pl_channel_t  *provider;

    pl_arena_reset(m->ar);
    memset(&decoded, 0, sizeof(decoded));

    rc = pl_journal_get(m->journal, seq, m->ar, &entry, err);
    if (rc != PL_OK) {
        return rc;
    }

    m->row.entries++;
    plctl_look_entry(m->live.look, seq, entry);
    plctl_look_entry(m->again.look, seq, entry);

    if (entry->kind != PL__ENTRY_KIND__ENTRY_KIND_WEBHOOK) {
        decoded.commands = &entry->command;
        decoded.n_commands = entry->command != NULL;
        return match_items(m, seq, &decoded, err);
    }

    provider = pl_channel_find(pl_str_c(entry->provider));

    if (provider == NULL
        || pl_channel_decode(provider, m->ctl->shapes, entry, m->ar,
                             &decoded, &why) != PL_OK
        || decoded.n_commands > PL_ITEMS_MAX)
    {
        return match_whole(m, seq, entry, err);
    }

    plctl_look_decoded(m->live.look, &decoded);
    plctl_look_decoded(m->again.look, &decoded);

    return match_items(m, seq, &decoded, err);
}


/* It cannot be decoded today: could it be then? */

static pl_status_t
match_whole(match_t *m, uint64_t seq, const Pl__Entry *entry, pl_err_t *err)
{
    if (m->tenant != 0 || m->ctl->args->channel != NULL
        || m->ctl->args->kind != NULL)
    {
        return PL_OK;                   /* it is of none */
    }

    m->row.items++;

    if (plctl_look_whole(m->live.look, entry)) {
        m->row.same++;
        return PL_OK;
    }

    if (plctl_look_pruned(m->live.look)) {
        m->row.unsure++;
        return PL_OK;
    }

    return match_say(m, seq, 0, "entry", "-",
                     "handled; now it cannot be read", err);
}


static pl_status_t
match_items(match_t *m, uint64_t seq, const pl_decoded_t *decoded,
    pl_err_t *err)
{
    bool              unsure;
    size_t            i;
    pl_status_t       rc;
    const char       *differs;
    Pl__Command      *command;
    plctl_outcome_t   live, again;

    for (i = 0; i < decoded->n_commands; i++) {
        command = decoded->commands[i];

        rc = plctl_look_item(m->live.look, (uint32_t) i, command, m->ar,
                             &live, err);
        if (rc == PL_OK) {
            rc = plctl_look_item(m->again.look, (uint32_t) i, command, m->ar,
                                 &again, err);
        }

        if (rc != PL_OK) {
            return rc;
        }

        if (!match_wanted(m, command, &live, &again)) {
            continue;
        }

        m->row.items++;
        differs = match_differs(m, &live, &again, &unsure);

        if (unsure) {
            m->row.unsure++;

        } else if (differs == NULL) {
            m->row.same++;

        } else {
            rc = match_say(m, seq, i, plctl_command_name(command),
                           plctl_command_path(command), differs, err);
            if (rc != PL_OK) {
                return rc;
            }
        }
    }

    return PL_OK;
}


static bool
match_wanted(const match_t *m, const Pl__Command *command,
    const plctl_outcome_t *live, const plctl_outcome_t *again)
{
    const plctl_args_t  *args = m->ctl->args;

    if (args->kind != NULL
        && strcmp(plctl_command_name(command), args->kind) != 0)
    {
        return false;
    }

    if (m->tenant != 0 && live->tenant != m->tenant
        && again->tenant != m->tenant)
    {
        return false;
    }

    return args->channel == NULL || match_is_channel(m, live->channel)
           || match_is_channel(m, again->channel);
}


static bool
match_is_channel(const match_t *m, uint32_t channel)
{
    const pl_channel_conf_t  *conf;

    conf = pl_settings_channel(m->ctl->settings, channel);

    return conf != NULL
           && strcmp(conf->row->name, m->ctl->args->channel) == 0;
}


/*
 * How they differ, or NULL. *unsure: a row whose time is over says nothing,
 * and neither does a fresh store of what began before it.
 */

static const char *
match_differs(match_t *m, const plctl_outcome_t *live,
    const plctl_outcome_t *again, bool *unsure)
{
    bool             old;
    plctl_verdict_e  is, was;

    is = again->verdict == PLCTL_DUPLICATE ? PLCTL_STORED : again->verdict;
    was = live->verdict == PLCTL_DUPLICATE ? PLCTL_STORED : live->verdict;

    old = m->seeded
          && (live->verdict == PLCTL_DUPLICATE
              || was == PLCTL_ANSWERED
              || (live->row != NULL && live->row->entry < m->first));

    /* one that was parked is taken up by what comes later */

    *unsure = was == PLCTL_PAST || is == PLCTL_PAST
              || (is != was && (old || (match_waits(is) && match_waits(was))));

    if (*unsure) {
        return NULL;
    }

    if (is != was) {
        return pl_arena_printf(m->ar, "%s; now %s",
                               plctl_verdicts[live->verdict],
                               plctl_verdicts[again->verdict]);
    }

    return is == PLCTL_STORED && live->row != NULL && again->row != NULL
           && !match_same_message(m, live->row, again->row)
           ? "another message" : NULL;
}


static bool
match_waits(plctl_verdict_e verdict)
{
    return verdict == PLCTL_APPLIED || verdict == PLCTL_PARKED
           || verdict == PLCTL_UNTRACED;
}


static bool
match_same_message(match_t *m, const Pl__Message *a, const Pl__Message *b)
{
    return pl_str_eq(match_bare(m, a), match_bare(m, b));
}


/* What was decoded of it, without what happened since. */

static pl_str_t
match_bare(match_t *m, const Pl__Message *message)
{
    uint8_t       *packed;
    pl_str_t       out = PL_STR_NULL;
    Pl__Media      media, inner;
    Pl__Address    address;
    Pl__Content    content, edited;
    Pl__Edit       edit;
    Pl__Message    bare = PL__MESSAGE__INIT;

    bare.direction = message->direction;
    bare.tenant = message->tenant;
    bare.channel = message->channel;
    bare.party_kind = message->party_kind;
    bare.has_provider_time_s = message->has_provider_time_s;
    bare.provider_time_s = message->provider_time_s;
    bare.provider_id = message->provider_id;
    bare.reply_to = message->reply_to;
    bare.context = message->context;
    bare.has_by_person = message->has_by_person;
    bare.by_person = message->by_person;
    bare.has_history = message->has_history;
    bare.history = message->history;

    if (message->address != NULL) {
        pl__address__init(&address);
        address.kind = message->address->kind;
        address.value = message->address->value;
        bare.address = &address;
    }

    content = *message->content;
    match_bare_media(&content, &media);
    bare.content = &content;

    if (content.of_case == PL__CONTENT__OF_EDIT
        && content.edit->content != NULL)
    {
        edit = *content.edit;
        edited = *edit.content;
        match_bare_media(&edited, &inner);
        edit.content = &edited;
        content.edit = &edit;
    }

    packed = pl_arena_alloc(m->ar, pl__message__get_packed_size(&bare) + 1);

    if (packed != NULL) {
        out.data = packed;
        out.len = pl__message__pack(&bare, packed);
    }

    return out;
}


/* Its file may have come since, or not. */

static void
match_bare_media(Pl__Content *content, Pl__Media *copy)
{
    if (content->of_case != PL__CONTENT__OF_MEDIA) {
        return;
    }

    *copy = *content->media;
    copy->mime_type = NULL;
    copy->url = NULL;
    copy->file = NULL;
    copy->error = NULL;
    copy->has_bytes = 0;
    copy->has_state = 0;
    copy->has_code = 0;
    copy->has_other_digest = 0;
    content->media = copy;
}


static pl_status_t
match_say(match_t *m, uint64_t seq, size_t item, const char *kind,
    const char *path, const char *difference, pl_err_t *err)
{
    Pl__Ctl__MismatchRow  row;

    if (m->row.different++ >= MATCH_NAMED_MAX) {
        return PL_OK;                   /* counted all the same */
    }

    if (!m->ctl->json) {
        fprintf(m->ctl->out, "entry %" PRIu64 ", item %zu: %s: %s: was %s\n",
                seq, item, kind, plctl_clean(m->ar, path), difference);
        return PL_OK;
    }

    pl__ctl__mismatch_row__init(&row);
    row.entry = seq;
    row.item = (uint32_t) item;
    row.kind = (char *) kind;
    row.path = (char *) path;
    row.difference = (char *) difference;

    return plctl_json(m->ctl, &row.base, err);
}


static int
match_report(match_t *m)
{
    pl_err_t            err = { 0 };
    plctl_t            *ctl = m->ctl;
    Pl__Ctl__MatchRow  *row = &m->row;

    row->first = m->range.first;
    row->last = m->range.last;
    row->seeded = m->seeded;

    if (ctl->json) {
        if (plctl_json(ctl, &row->base, &err) != PL_OK) {
            return plctl_fail(ctl, &err);
        }

    } else if (row->entries == 0) {
        fprintf(ctl->out, "no entries\n");

    } else {
        fprintf(ctl->out, "entries %" PRIu64 " to %" PRIu64 "%s: %" PRIu64
                " items, %" PRIu64 " the same, %" PRIu64 " different, %"
                PRIu64 " not to be compared\n", row->first, row->last,
                m->seeded ? ", with the settings of today" : "", row->items,
                row->same, row->different, row->unsure);
    }

    return row->different == 0 ? PLCTL_EXIT_OK : PLCTL_EXIT_FAILED;
}
