/*
 * What tests of delayed sends, expiry and collapse keys share: requests with
 * their terms, the scheduler's step, and how a message stands.
 */

#ifndef T_LATER_H_INCLUDED
#define T_LATER_H_INCLUDED

#include "../../src/engine/request.h"
#include "engine.h"

#define LATER_PHONE   "34600000001"
#define LATER_SECOND  1000
#define LATER_DAY     (86400LL * 1000)

/* A request, its pieces where a test may change them. */
typedef struct {
    uint8_t            key[PL_REQUEST_KEY_LEN];
    Pl__Text           text;
    Pl__Template       template;
    Pl__Content        content;
    Pl__Address        address;
    Pl__SendRequest    request;
    uint64_t           entry;
} asked_t;


static inline int
later_setup(void **state)
{
    t_engine_t  *t;

    t = calloc(1, sizeof(t_engine_t));
    assert_non_null(t);
    t_open(t);
    t_configure(t);
    *state = t;

    return 0;
}


static inline int
later_teardown(void **state)
{
    t_close(*state);
    free(*state);

    return 0;
}


/* A template, which may go at any time, with its name for what it says. */

static inline void
asked_to(asked_t *a, const char *phone, const char *says)
{
    static uint32_t  drawn;

    memset(a, 0, sizeof(*a));
    pl_be64_put(a->key, ++drawn);

    pl__template__init(&a->template);
    a->template.name = (char *) says;
    a->template.language = (char *) "es_ES";
    pl__content__init(&a->content);
    a->content.type = (char *) "template";
    a->content.of_case = PL__CONTENT__OF_TEMPLATE;
    a->content.template_ = &a->template;

    pl__address__init(&a->address);
    a->address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    a->address.value = (char *) phone;

    pl__send_request__init(&a->request);
    a->request.tenant = 1;
    a->request.channel = 1;
    a->request.key.data = a->key;
    a->request.key.len = sizeof(a->key);
    a->request.address = &a->address;
    a->request.content = &a->content;
}


/* at, expires: 0 for none; collapse: NULL. */

static inline void
asked_with(asked_t *a, int64_t at_ms, int64_t expires_ms,
    const char *collapse)
{
    a->request.has_at_ms = (at_ms != 0);
    a->request.at_ms = at_ms;
    a->request.has_expires_ms = (expires_ms != 0);
    a->request.expires_ms = expires_ms;
    a->request.collapse_key = (char *) collapse;
}


static inline Pl__Verdict *
verdict(t_engine_t *t, const asked_t *a)
{
    pl_txn_t     *txn;
    pl_status_t   rc;
    Pl__Verdict  *out;

    txn = t_read(t);
    rc = pl_request_get(txn, a->request.tenant, a->key, t->wall_ms, t->ar,
                        &out, &t->err);
    pl_store_abort(txn);

    return rc == PL_OK ? out : NULL;
}


/* Asks and folds: the message's number, or 0 where there is none. */

static inline uint64_t
ask(t_engine_t *t, asked_t *a)
{
    Pl__Command   command = PL__COMMAND__INIT;
    Pl__Verdict  *v;

    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &a->request;
    a->entry = t_append(t, &command, NULL);
    t_fold(t);

    v = verdict(t, a);
    assert_non_null(v);

    return v->message;
}


/* The usual: to one person, as asked_with says. */

static inline uint64_t
sends(t_engine_t *t, const char *says, int64_t at_ms, int64_t expires_ms,
    const char *collapse)
{
    asked_t  a;

    asked_to(&a, LATER_PHONE, says);
    asked_with(&a, at_ms, expires_ms, collapse);

    return ask(t, &a);
}


/* What the scheduler does: as many of the timers that are due as given. */

static inline size_t
fire(t_engine_t *t, size_t max)
{
    size_t         i, n;
    int64_t        now_ms, next_ms;
    pl_txn_t      *txn;
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__TimerDue   due[64];

    t_ok(t, pl_journal_now(t->st, &t->clock, &now_ms, &t->err));
    txn = t_read(t);
    t_ok(t, pl_timers_due(txn, now_ms, due, max, &n, &next_ms, &t->err));
    pl_store_abort(txn);

    command.of_case = PL__COMMAND__OF_TIMER_DUE;

    for (i = 0; i < n; i++) {
        command.timer_due = &due[i];
        (void) t_append(t, &command, NULL);
    }

    t_fold(t);

    return n;
}


static inline Pl__Message *
message(t_engine_t *t, uint64_t id)
{
    pl_key_t           key;
    pl_txn_t          *txn;
    ProtobufCMessage  *msg;

    pl_key_seq(&key, id);
    txn = t_read(t);
    t_ok(t, pl_record_get(txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                          &pl__message__descriptor, t->ar, &msg, &t->err));
    pl_store_abort(txn);

    return (Pl__Message *) msg;
}


/* The effect of one that waits, or is on the wire. */

static inline uint64_t
effect_of(t_engine_t *t, uint64_t id)
{
    pl_txn_t    *txn;
    Pl__Effect  *effect;

    txn = t_read(t);
    t_ok(t, pl_outbox_waiting(txn, id, message(t, id), 0, t->ar, &effect,
                              &t->err));
    pl_store_abort(txn);

    return effect->id;
}


/* What the attempt on the wire is about; there is one. */

static inline uint64_t
flying(t_engine_t *t)
{
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 1);

    return ((Pl__AttemptRecord *) t_row(t, PL_TABLE_ATTEMPTS, 0,
                                        &pl__attempt_record__descriptor))
           ->effect->send_message->message;
}


/* rule NULL: none. */

static inline void
stands(t_engine_t *t, uint64_t id, Pl__MessageState state, const char *rule)
{
    const Pl__Message  *m = message(t, id);

    assert_int_equal(m->state, state);

    if (rule == NULL) {
        assert_null(m->rule);

    } else {
        assert_non_null(m->rule);
        assert_string_equal(m->rule, rule);
    }
}

#define QUEUED     PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED
#define SCHEDULED  PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED
#define FAILED     PL__MESSAGE_STATE__MESSAGE_STATE_FAILED
#define ACCEPTED   PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED


static inline void
cancel(t_engine_t *t, uint64_t id)
{
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__CancelSend   in = PL__CANCEL_SEND__INIT;

    in.tenant = 1;
    in.message = id;
    in.actor = (char *) "maria";
    command.of_case = PL__COMMAND__OF_CANCEL_SEND;
    command.cancel_send = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


/* The one head that is due goes out, and this is what it says. */

static inline void
leaves(t_engine_t *t, uint64_t epoch, const char *says)
{
    uint64_t     effects[64];
    const char  *said;

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    said = message(t, flying(t))->content->template_->name;
    assert_string_equal(said, says);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
}


/* The kinds of audit events, newest last, after the first n. */

static inline Pl__AuditEvent *
audited(t_engine_t *t, unsigned i)
{
    return (Pl__AuditEvent *) t_row(t, PL_TABLE_AUDIT, i,
                                    &pl__audit_event__descriptor);
}

#endif /* T_LATER_H_INCLUDED */
