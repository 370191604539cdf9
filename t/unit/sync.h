/*
 * A list of templates as a provider answers with it, played by the test: it
 * asks, attempts, answers, and looks at what became of it.
 */

#ifndef T_SYNC_H_INCLUDED
#define T_SYNC_H_INCLUDED

#include "engine.h"
#include "../../src/engine/errand.h"
#include "../../src/engine/sync.h"
#include "template.pb-c.h"

#define PAGE_MAX  (PL_TEMPLATES_PAGE + 1)

typedef struct {
    t_engine_t  t;
    uint64_t    epoch;
    uint64_t    key;            /* of the last request to send */
} test_t;


static inline void
begin(test_t *test)
{
    test->key = 0;
    t_open(&test->t);
    t_configure(&test->t);
    test->epoch = t_sender(&test->t, true, NULL);
    t_pass(&test->t, 1000);
}


/* Asks for the list as parleyctl does; the request's entry. */

static inline uint64_t
ask(test_t *test)
{
    uint64_t          entry;
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__SyncRequest   request = PL__SYNC_REQUEST__INIT;

    request.tenant = 1;
    request.channel = 1;
    request.actor = (char *) "maria";
    command.of_case = PL__COMMAND__OF_SYNC_REQUEST;
    command.sync_request = &request;

    entry = t_append(&test->t, &command, NULL);
    t_fold(&test->t);

    return entry;
}


static inline Pl__TemplateSync *
sync_of(test_t *test)
{
    Pl__ChannelState  *state;

    state = (Pl__ChannelState *) t_row(&test->t, PL_TABLE_CHANNEL_STATES, 0,
                                       &pl__channel_state__descriptor);
    assert_non_null(state);
    assert_non_null(state->templates);

    return state->templates;
}


/* Attempts the errand that is due; false: none is. */

static inline bool
goes(test_t *test)
{
    size_t        i, n;
    pl_due_t      due[64];
    Pl__Command   command = PL__COMMAND__INIT;

    n = t_due(&test->t, test->t.wall_ms, false, due, 64);

    for (i = 0; i < n && due[i].attempt.lane != PL__LANE__LANE_SYNC; i++) {
        /* void */
    }

    if (i < n) {
        due[i].attempt.epoch = test->epoch;
        command.of_case = PL__COMMAND__OF_ATTEMPT;
        command.attempt = &due[i].attempt;
        (void) t_append(&test->t, &command, NULL);
        t_fold(&test->t);
    }

    return i < n;
}


/* The errand that is due, on the wire now. */

static inline Pl__Effect *
out(test_t *test)
{
    Pl__AttemptRecord  *attempt;

    assert_true(goes(test));

    attempt = (Pl__AttemptRecord *) t_row(&test->t, PL_TABLE_ATTEMPTS, 0,
                                          &pl__attempt_record__descriptor);
    assert_non_null(attempt);
    assert_int_equal(attempt->effect->of_case,
                     PL__EFFECT__OF_SYNC_TEMPLATES);

    return attempt->effect;
}


static inline void
answer(test_t *test, Pl__SendResult *result, const Pl__Effect *effect)
{
    Pl__Command  command = PL__COMMAND__INIT;

    result->effect = effect->id;
    result->epoch = test->epoch;
    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = result;

    t_pass(&test->t, 1000);
    (void) t_append(&test->t, &command, NULL);
    t_fold(&test->t);
}


/*
 * A page: n templates named `name` and a number from `first`, all of this
 * status, with one variable in their bodies.
 */

static inline void
page_of(test_t *test, const Pl__Effect *effect, const char *name,
    unsigned first, size_t n, Pl__TemplateStatus status, const char *after)
{
    char                   names[PAGE_MAX][32];
    char                  *variables[] = { (char *) "1" };
    size_t                 i;
    Pl__SendResult         result = PL__SEND_RESULT__INIT;
    Pl__TemplateText       body = PL__TEMPLATE_TEXT__INIT;
    Pl__TemplateRecord     rows[PAGE_MAX], *list[PAGE_MAX];
    Pl__TemplateListing    listing = PL__TEMPLATE_LISTING__INIT;

    assert_true(n <= PAGE_MAX);
    body.text = (char *) "Hi {{1}}.";
    body.n_variables = 1;
    body.variables = variables;

    for (i = 0; i < n; i++) {
        (void) snprintf(names[i], sizeof(names[i]), "%s_%u", name,
                        first + (unsigned) i);
        pl__template_record__init(&rows[i]);
        rows[i].name = names[i];
        rows[i].language = (char *) "es_ES";
        rows[i].status = status;
        rows[i].word = (char *) "WORD";
        rows[i].body = &body;
        list[i] = &rows[i];
    }

    listing.n_templates = n;
    listing.templates = list;
    listing.after = (char *) (uintptr_t) after;
    result.outcome = PL__OUTCOME__OUTCOME_SENT;
    result.listing = &listing;

    answer(test, &result, effect);
}


/* The same, asked for and answered. */

static inline void
page(test_t *test, const char *name, unsigned first, size_t n,
    Pl__TemplateStatus status, const char *after)
{
    page_of(test, out(test), name, first, n, status, after);
}


static inline void
fails(test_t *test, Pl__Outcome outcome, const char *reason, int32_t code,
    int64_t retry_ms)
{
    const Pl__Effect  *effect = out(test);
    Pl__SendResult     result = PL__SEND_RESULT__INIT;

    result.outcome = outcome;
    result.reason = (char *) (uintptr_t) reason;
    result.has_code = (code != 0);
    result.code = code;
    result.has_retry_ms = (retry_ms != 0);
    result.retry_ms = retry_ms;

    answer(test, &result, effect);
}


static inline Pl__TemplateRecord *
template(test_t *test, const char *name)
{
    pl_key_t           key;
    pl_txn_t          *txn;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    txn = t_read(&test->t);
    pl_key_template(&key, 1, 1, name, name[0] == '\0' ? "" : "es_ES");
    rc = pl_record_get(txn, PL_TABLE_TEMPLATES, pl_key_str(&key),
                       &pl__template_record__descriptor, test->t.ar, &msg,
                       &test->t.err);
    pl_store_abort(txn);

    return rc == PL_OK ? (Pl__TemplateRecord *) msg : NULL;
}


/* What becomes of a send of this template: a reason, or NULL. */

static inline const char *
sends(test_t *test, const char *name)
{
    unsigned                i;
    uint8_t                 key[PL_REQUEST_KEY_LEN] = { 0 };
    Pl__Content             content = PL__CONTENT__INIT;
    Pl__Address             address = PL__ADDRESS__INIT;
    Pl__Command             command = PL__COMMAND__INIT;
    Pl__Verdict            *verdict;
    Pl__Template            template = PL__TEMPLATE__INIT;
    Pl__SendRequest         request = PL__SEND_REQUEST__INIT;
    Pl__TemplateParameter   ana = PL__TEMPLATE_PARAMETER__INIT, *body[1];

    pl_be64_put(key, ++test->key);
    ana.text = (char *) "Ana";
    body[0] = &ana;
    template.name = (char *) (uintptr_t) name;
    template.language = (char *) "es_ES";
    template.n_body = 1;
    template.body = body;
    content.type = (char *) "template";
    content.of_case = PL__CONTENT__OF_TEMPLATE;
    content.template_ = &template;
    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) "34600000001";

    request.tenant = 1;
    request.channel = 1;
    request.key.data = key;
    request.key.len = sizeof(key);
    request.address = &address;
    request.content = &content;
    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &request;

    (void) t_append(&test->t, &command, NULL);
    t_fold(&test->t);

    i = (unsigned) t_rows(&test->t, PL_TABLE_REQUESTS) - 1;
    verdict = (Pl__Verdict *) t_row(&test->t, PL_TABLE_REQUESTS, i,
                                    &pl__verdict__descriptor);
    assert_non_null(verdict);

    return verdict->text;
}


#define APPROVED  PL__TEMPLATE_STATUS__TEMPLATE_STATUS_APPROVED
#define PAUSED    PL__TEMPLATE_STATUS__TEMPLATE_STATUS_PAUSED

#endif /* T_SYNC_H_INCLUDED */
