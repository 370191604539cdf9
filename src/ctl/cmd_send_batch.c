/*
 * send batch: asks that many messages be sent, one JSON object a line.
 *
 * The file is read twice. First each line is held against its shape, so that
 * a mistake in line 90,000 is told before the first message is asked for;
 * then requests are appended, BATCH_ENTRIES in a transaction, while the fold
 * keeps up. A line's own `key` makes it one request however often the file
 * is sent: whoever was interrupted sends the file again.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../core/crypto.h"
#include "../engine/request.h"
#include "../engine/state.h"
#include "cmd.h"
#include "media.h"
#include "recipient.h"
#include "said.h"

#define BATCH_ENTRIES   256             /* requests of one append */
#define BATCH_LINE_MAX  (64u * 1024)    /* bytes */
#define BATCH_LINES_MAX 10000000u
#define BATCH_AHEAD     20000u          /* entries before the fold */
#define BATCH_WAIT_US   600000000       /* without the fold getting on */
#define BATCH_TOLD_MAX  100             /* refused lines shown one by one */
#define BATCH_POLL_NS   5000000


typedef struct {
    plctl_recipient_t   to;
    uint8_t             key[PL_REQUEST_KEY_LEN];
    Pl__SendRequest     request;
    Pl__Command         command;
} batch_line_t;

typedef struct {
    uint8_t   key[PL_REQUEST_KEY_LEN];
    uint32_t  line;
} batch_key_t;

typedef struct {
    plctl_t                  *ctl;
    const char               *file;
    const pl_channel_conf_t  *channel;
    pl_hash_t                *hash;
    char                     *text;         /* of the line read last */
    uint32_t                  line;         /* and its number */
    batch_line_t             *lines;        /* of one append */
    pl_entry_t               *entries;
    size_t                    n;
    batch_key_t              *keys;         /* of all that were appended */
    size_t                    n_keys, room;
    uint64_t                  last;         /* entry */
    int64_t                   time_ms;
    uint64_t                  queued, scheduled, refused, pending;
} batch_t;

typedef pl_status_t (*batch_line_pt)(batch_t *batch, Pl__Ctl__BatchLine *line,
    pl_err_t *err);


static int batch_run(batch_t *batch, const char *const *words);
static int batch_each(batch_t *batch, batch_line_pt each);
static pl_status_t batch_lines(batch_t *batch, FILE *file,
    batch_line_pt each, pl_err_t *err);
static pl_status_t batch_read(batch_t *batch, FILE *file, bool *end,
    pl_err_t *err);
static pl_status_t batch_check(batch_t *batch, Pl__Ctl__BatchLine *line,
    pl_err_t *err);
static pl_status_t batch_ask(batch_t *batch, Pl__Ctl__BatchLine *in,
    pl_err_t *err);
static pl_status_t batch_terms(batch_t *batch, const Pl__Ctl__BatchLine *in,
    Pl__SendRequest *request, pl_err_t *err);
static Pl__Content *batch_content(batch_t *batch, Pl__Ctl__BatchLine *in);
static pl_status_t batch_key(batch_t *batch, const Pl__Ctl__BatchLine *in,
    uint8_t *key, pl_err_t *err);
static pl_status_t batch_append(batch_t *batch, pl_err_t *err);
static pl_status_t batch_remember(batch_t *batch, const uint8_t *key,
    pl_err_t *err);
static pl_status_t batch_wait(batch_t *batch, uint64_t ahead, bool *folded,
    pl_err_t *err);
static int batch_verdicts(batch_t *batch);
static pl_status_t batch_verdict(batch_t *batch, pl_txn_t *txn,
    const batch_key_t *key, pl_err_t *err);
static void batch_refused(batch_t *batch, const batch_key_t *key,
    const Pl__Verdict *verdict);
static int batch_report(batch_t *batch);


int
plctl_cmd_send_batch(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    int      status;
    batch_t  batch;

    (void) n_words;

    memset(&batch, 0, sizeof(batch));
    batch.ctl = ctl;
    batch.file = words[2];
    batch.text = malloc(BATCH_LINE_MAX + 2);
    batch.lines = calloc(BATCH_ENTRIES, sizeof(*batch.lines));
    batch.entries = calloc(BATCH_ENTRIES, sizeof(*batch.entries));

    batch.hash = pl_hash_create();

    if (batch.text == NULL || batch.lines == NULL || batch.entries == NULL
        || batch.hash == NULL)
    {
        plctl_note(ctl, "send batch: out of memory");
        status = PLCTL_EXIT_FAILED;

    } else {
        status = batch_run(&batch, words);
    }

    pl_hash_destroy(batch.hash);
    free(batch.text);
    free(batch.lines);
    free(batch.entries);
    free(batch.keys);

    return status;
}


static int
batch_run(batch_t *batch, const char *const *words)
{
    int          status;
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    status = batch_each(batch, batch_check);
    if (status != PLCTL_EXIT_OK) {
        return status;
    }

    rc = plctl_open(batch->ctl, &err);
    if (rc == PL_OK) {
        rc = plctl_channel(batch->ctl, words[0], words[1], &batch->channel,
                           &err);
    }

    if (rc != PL_OK) {
        return plctl_fail(batch->ctl, &err);
    }

    batch->ctl->ahead_ms = pl_settings_clock(batch->ctl->settings,
                                             batch->channel->tenant);
    status = batch_each(batch, batch_ask);

    if (batch->n_keys == 0 && status != PLCTL_EXIT_OK) {
        return status;
    }

    /* also of a batch that broke off: what was asked for is told */

    return batch_verdicts(batch) == PLCTL_EXIT_OK ? status
                                                  : PLCTL_EXIT_FAILED;
}


/*
 * Hands over every line that is not empty, and NULL behind the last. What is
 * made of lines is in ctl's arena, which is another one meanwhile, for `each`
 * to reset.
 */

static int
batch_each(batch_t *batch, batch_line_pt each)
{
    FILE         *file;
    plctl_t      *ctl = batch->ctl;
    pl_err_t      err = { 0 };
    pl_arena_t   *whole = ctl->ar;
    pl_status_t   rc;

    file = fopen(batch->file, "re");
    if (file == NULL) {
        plctl_note(ctl, "%s: %s", plctl_clean(ctl->ar, batch->file),
                   strerror(errno));
        return PLCTL_EXIT_FAILED;
    }

    batch->line = 0;
    ctl->ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);

    rc = ctl->ar != NULL ? batch_lines(batch, file, each, &err)
                         : pl_err_set(&err, PL_NOMEM, "send batch", 0,
                                      "out of memory");

    pl_arena_destroy(ctl->ar);
    ctl->ar = whole;
    (void) fclose(file);                /* it was read */

    if (rc == PL_OK) {
        return PLCTL_EXIT_OK;
    }

    err.line = batch->line;

    return plctl_place(ctl, batch->file, &err);
}


static pl_status_t
batch_lines(batch_t *batch, FILE *file, batch_line_pt each, pl_err_t *err)
{
    bool               end;
    plctl_t           *ctl = batch->ctl;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    for ( ;; ) {
        rc = batch_read(batch, file, &end, err);
        if (rc != PL_OK) {
            return rc;
        }

        if (end) {
            return each(batch, NULL, err);
        }

        if (batch->text[strspn(batch->text, " \t\r")] == '\0') {
            continue;
        }

        rc = pl_json_decode(ctl->rows, &pl__ctl__batch_line__descriptor,
                            pl_str_c(batch->text), 0, ctl->ar, &msg, err);
        if (rc == PL_OK) {
            rc = each(batch, (Pl__Ctl__BatchLine *) msg, err);
        }

        if (rc != PL_OK) {
            return rc;
        }
    }
}


/* The next line, without its end. */

static pl_status_t
batch_read(batch_t *batch, FILE *file, bool *end, pl_err_t *err)
{
    size_t  len;

    *end = fgets(batch->text, BATCH_LINE_MAX + 2, file) == NULL;

    if (*end) {
        return ferror(file) ? pl_err_set(err, PL_IO, "send batch", errno,
                                         "cannot read it") : PL_OK;
    }

    batch->line++;
    len = strlen(batch->text);

    if (len > 0 && batch->text[len - 1] == '\n') {
        batch->text[--len] = '\0';

    } else if (!feof(file)) {           /* or a NUL, which is no JSON */
        return pl_err_set(err, PL_TOOBIG, "send batch", 0,
                          "a line of more than %u bytes, or with a NUL",
                          BATCH_LINE_MAX);
    }

    return batch->line > BATCH_LINES_MAX
           ? pl_err_set(err, PL_TOOBIG, "send batch", 0,
                        "more than %u lines", BATCH_LINES_MAX) : PL_OK;
}


/* The first reading: what can be told of a line without the store. */

static pl_status_t
batch_check(batch_t *batch, Pl__Ctl__BatchLine *line, pl_err_t *err)
{
    pl_status_t        rc;
    Pl__SendRequest    request;
    plctl_recipient_t  to;

    if (line == NULL) {
        return PL_OK;
    }

    rc = (line->text != NULL) != (line->content != NULL)
         ? plctl_recipient(&to, line->to, err)
         : pl_err_set(err, PL_INVALID, "send batch", 0,
                      "one of \"text\" and \"content\" says what to send");

    if (rc == PL_OK) {
        pl__send_request__init(&request);
        rc = batch_terms(batch, line, &request, err);
    }

    pl_arena_reset(batch->ctl->ar);

    return rc;
}


static pl_status_t
batch_ask(batch_t *batch, Pl__Ctl__BatchLine *in, pl_err_t *err)
{
    plctl_t       *ctl = batch->ctl;
    pl_status_t    rc;
    batch_line_t  *line = &batch->lines[batch->n];

    if (in == NULL) {
        return batch_append(batch, err);
    }

    pl__send_request__init(&line->request);
    line->request.tenant = batch->channel->tenant;
    line->request.channel = batch->channel->row->id;
    line->request.actor = (char *) plctl_actor(ctl);
    plctl_said_line(in, &line->request);
    line->request.content = batch_content(batch, in);
    line->request.key.data = line->key;
    line->request.key.len = sizeof(line->key);

    if (line->request.content == NULL) {
        return pl_err_set(err, PL_NOMEM, "send batch", 0, "out of memory");
    }

    if ((rc = batch_terms(batch, in, &line->request, err)) != PL_OK
        || (rc = batch_key(batch, in, line->key, err)) != PL_OK
        || (rc = plctl_recipient(&line->to, in->to, err)) != PL_OK
        || (rc = plctl_recipient_group(ctl, batch->channel->tenant,
                                       &line->to, err)) != PL_OK
        || (rc = plctl_media_take(ctl, batch->channel, batch->file,
                                  line->request.content, err)) != PL_OK
        || (rc = batch_remember(batch, line->key, err)) != PL_OK)
    {
        return rc;
    }

    plctl_recipient_set(&line->to, &line->request);

    return ++batch->n == BATCH_ENTRIES ? batch_append(batch, err) : PL_OK;
}


/*
 * When, for how long, in whose place, and of what. What "+1h" is has changed
 * when the file is sent again: it would be another request under its key.
 */

static pl_status_t
batch_terms(batch_t *batch, const Pl__Ctl__BatchLine *in,
    Pl__SendRequest *request, pl_err_t *err)
{
    pl_status_t  rc = PL_OK;

    if (in->key != NULL
        && ((in->at != NULL && in->at[0] == '+')
            || (in->expires != NULL && in->expires[0] == '+')))
    {
        rc = pl_err_set(err, PL_INVALID, "send batch", 0,
                        "a line with a key has no times like +1h");
        pl_err_path(err, "key");
        return rc;
    }

    if (in->at != NULL) {
        request->has_at_ms = 1;
        rc = plctl_when(batch->ctl, "at", in->at, &request->at_ms, err);
    }

    if (rc == PL_OK && in->expires != NULL) {
        request->has_expires_ms = 1;
        rc = plctl_when(batch->ctl, "expires", in->expires,
                        &request->expires_ms, err);
    }

    if (rc != PL_OK) {
        (void) snprintf(err->path, sizeof(err->path), "%s", err->op);
        return rc;
    }

    request->collapse_key = in->collapse;
    request->has_campaign = in->campaign != 0;
    request->campaign = in->campaign;

    if (in->campaign != 0 && !in->has_lane) {
        request->has_lane = 1;
        request->lane = PL__LANE__LANE_CAMPAIGN;
    }

    return PL_OK;
}


static Pl__Content *
batch_content(batch_t *batch, Pl__Ctl__BatchLine *in)
{
    Pl__Text     *text;
    Pl__Content  *content;
    pl_arena_t   *ar = batch->ctl->ar;

    if (in->content != NULL) {
        in->content->has_raw = 0;       /* is of what comes in alone */
        return in->content;
    }

    text = pl_arena_alloc(ar, sizeof(*text));
    content = pl_arena_alloc(ar, sizeof(*content));
    if (text == NULL || content == NULL) {
        return NULL;
    }

    pl__text__init(text);
    text->body = in->text;

    pl__content__init(content);
    content->type = (char *) "text";
    content->of_case = PL__CONTENT__OF_TEXT;
    content->text = text;

    return content;
}


/* A line's own key, within its tenant and channel; or a random one. */

static pl_status_t
batch_key(batch_t *batch, const Pl__Ctl__BatchLine *in, uint8_t *key,
    pl_err_t *err)
{
    char         place[32];
    uint8_t      hash[PL_SHA256_LEN];
    pl_str_t     pieces[3];
    pl_status_t  rc;

    if (in->key == NULL) {
        return pl_crypto_random(key, PL_REQUEST_KEY_LEN) == PL_OK
               ? PL_OK : pl_err_set(err, PL_IO, "send batch", 0,
                                    "no random bytes");
    }

    (void) snprintf(place, sizeof(place), "%" PRIu32,
                    batch->channel->row->id);
    pieces[0] = PL_STR("batch");
    pieces[1] = pl_str_c(place);
    pieces[2] = pl_str_c(in->key);

    rc = pl_hash_sha256(batch->hash, pieces, 3, hash);
    if (rc != PL_OK) {
        return pl_err_set(err, rc, "send batch", 0, "no hash");
    }

    memcpy(key, hash, PL_REQUEST_KEY_LEN);

    return PL_OK;
}


static pl_status_t
batch_append(batch_t *batch, pl_err_t *err)
{
    size_t          i;
    bool            folded;
    plctl_t        *ctl = batch->ctl;
    pl_status_t     rc;
    pl_appended_t   appended;

    if (batch->n == 0) {
        return PL_OK;
    }

    rc = batch_wait(batch, BATCH_AHEAD, &folded, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; i < batch->n; i++) {
        pl__command__init(&batch->lines[i].command);
        batch->lines[i].command.of_case = PL__COMMAND__OF_SEND_REQUEST;
        batch->lines[i].command.send_request = &batch->lines[i].request;

        memset(&batch->entries[i], 0, sizeof(pl_entry_t));
        batch->entries[i].location = PL_STR("parleyctl");
        batch->entries[i].command = &batch->lines[i].command;
    }

    rc = pl_journal_append(ctl->st, ctl->clock, batch->entries, batch->n,
                           NULL, &appended, err);
    if (rc != PL_OK) {
        batch->n_keys -= batch->n;      /* these were not asked for */
        return rc;
    }

    batch->last = appended.first + batch->n - 1;
    batch->time_ms = appended.time_ms;
    batch->n = 0;
    pl_arena_reset(ctl->ar);

    return PL_OK;
}


static pl_status_t
batch_remember(batch_t *batch, const uint8_t *key, pl_err_t *err)
{
    size_t        room;
    batch_key_t  *keys;

    if (batch->n_keys == batch->room) {
        room = batch->room == 0 ? 4096 : batch->room * 2;
        keys = realloc(batch->keys, room * sizeof(*keys));
        if (keys == NULL) {
            return pl_err_set(err, PL_NOMEM, "send batch", 0,
                              "out of memory");
        }

        batch->keys = keys;
        batch->room = room;
    }

    memcpy(batch->keys[batch->n_keys].key, key, PL_REQUEST_KEY_LEN);
    batch->keys[batch->n_keys++].line = batch->line;

    return PL_OK;
}


/*
 * Until the fold is at most `ahead` entries behind what was asked for. It is
 * waited for as long as it gets on, and a while longer where it does not.
 */

static pl_status_t
batch_wait(batch_t *batch, uint64_t ahead, bool *folded, pl_err_t *err)
{
    int64_t          until_us = 0;
    uint64_t         at, seen = 0;
    plctl_t         *ctl = batch->ctl;
    pl_status_t      rc;
    struct timespec  pause = { 0, BATCH_POLL_NS };

    for ( ;; ) {
        rc = plctl_folded(ctl, &at, err);
        *folded = rc == PL_OK && at + ahead >= batch->last;

        if (rc != PL_OK || *folded) {
            return rc;
        }

        if (at != seen || until_us == 0) {
            seen = at;
            until_us = pl_clock_mono_us(ctl->clock) + BATCH_WAIT_US;
        }

        if (pl_clock_mono_us(ctl->clock) >= until_us
            || !pl_shared_locked(ctl->sh, PL_LOCK_FOLD))
        {
            return ahead == 0 ? PL_OK
                   : pl_err_set(err, PL_BUSY, "send batch", 0,
                                "nothing folds the journal now; up to line "
                                "%zu it was asked for",
                                batch->n_keys - batch->n);
        }

        (void) nanosleep(&pause, NULL);     /* sooner is fine */
    }
}


/* What became of each line, as far as it is folded. */

static int
batch_verdicts(batch_t *batch)
{
    bool          folded;
    size_t        i;
    plctl_t      *ctl = batch->ctl;
    pl_err_t      err = { 0 };
    pl_txn_t     *txn;
    pl_status_t   rc;

    rc = batch_wait(batch, 0, &folded, &err);

    if (rc == PL_OK) {
        rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, &err);
    }

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    for (i = 0; rc == PL_OK && i < batch->n_keys; i++) {
        rc = batch_verdict(batch, txn, &batch->keys[i], &err);
    }

    pl_store_abort(txn);

    return rc == PL_OK ? batch_report(batch) : plctl_fail(ctl, &err);
}


static pl_status_t
batch_verdict(batch_t *batch, pl_txn_t *txn, const batch_key_t *key,
    pl_err_t *err)
{
    pl_arena_t   *ar;
    pl_status_t   rc;
    Pl__Verdict  *verdict;

    ar = pl_arena_create(1024, PLCTL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "send batch", 0, "out of memory");
    }

    rc = pl_request_get(txn, batch->channel->tenant, key->key,
                        batch->time_ms, ar, &verdict, err);

    if (rc == PL_NOTFOUND) {
        batch->pending++;
        rc = PL_OK;

    } else if (rc == PL_OK
               && verdict->decision == PL__DECISION__DECISION_QUEUED)
    {
        batch->queued++;

    } else if (rc == PL_OK
               && verdict->decision == PL__DECISION__DECISION_SCHEDULED)
    {
        batch->scheduled++;

    } else if (rc == PL_OK) {
        batch_refused(batch, key, verdict);
    }

    pl_arena_destroy(ar);

    return rc;
}


static void
batch_refused(batch_t *batch, const batch_key_t *key,
    const Pl__Verdict *verdict)
{
    plctl_t  *ctl = batch->ctl;

    if (batch->refused++ >= BATCH_TOLD_MAX) {
        return;
    }

    fprintf(ctl->err, "%s:%" PRIu32 ": refused: %s%s%s\n", batch->file,
            key->line,
            verdict->rule != NULL ? plctl_clean(ctl->ar, verdict->rule) : "",
            verdict->text != NULL ? ": " : "",
            verdict->text != NULL ? plctl_clean(ctl->ar, verdict->text)
                                  : "");
}


static int
batch_report(batch_t *batch)
{
    plctl_t              *ctl = batch->ctl;
    pl_err_t              err = { 0 };
    Pl__Ctl__BatchRow     row = PL__CTL__BATCH_ROW__INIT;

    row.lines = batch->n_keys;
    row.queued = batch->queued;
    row.has_scheduled = (batch->scheduled != 0);
    row.scheduled = batch->scheduled;
    row.refused = batch->refused;
    row.pending = batch->pending;

    if (!ctl->json) {
        fprintf(ctl->out, "%" PRIu64 " messages: %" PRIu64 " queued, ",
                row.lines, row.queued);

        if (row.has_scheduled) {
            fprintf(ctl->out, "%" PRIu64 " scheduled, ", row.scheduled);
        }

        fprintf(ctl->out, "%" PRIu64 " refused, %" PRIu64
                " not folded yet\n", row.refused, row.pending);

    } else if (plctl_json(ctl, &row.base, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    return row.refused == 0 ? PLCTL_EXIT_OK : PLCTL_EXIT_FAILED;
}
