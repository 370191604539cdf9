/*
 * Policy under random histories, held against a simple reference of it
 * (policy_model.h).
 *
 * A history is what happens to one person: they write, allow and forbid, say
 * STOP and START; messages are asked for, of every kind, now and later, with
 * and without an end; the provider takes them, refuses, or wants them later;
 * time passes, to the very edges of windows and quiet hours. A world is a
 * store with many people, so that many histories share a fold; nobody's
 * depends on another's.
 *
 * The reference knows no table, no timer and no queue. It says of one moment
 * whether a message may leave then, and which rule forbids it, from what was
 * told to the engine so far. So it is held:
 *
 *     nothing leaves against a rule, and nothing leaves twice
 *     nothing is refused unless the rule that is named objects
 *     with time enough each has left, or was refused
 *     check finds nothing, and the journal, folded anew in steps cut anywhere
 *     by folders that die between them, gives the same state
 *
 *     MODEL_HISTORIES   people in all; make model: 1000000   1000
 *     MODEL_SEED        of the first world                   1
 */

#include "policy_world.h"

#define MODEL_HISTORIES  1000
#define MODEL_TICKS      60         /* of a world; and then until all is out */
#define MODEL_BUSY       60         /* people that do something in a tick */
#define MODEL_DRAIN      5000
#define MODEL_CHECKS     10         /* worlds of which one asks parleyctl */

typedef struct {
    unsigned   weight;
    void     (*run)(world_t *w, person_t *p);
} step_t;


/* ---- what may happen to a person ------------------------------------ */

static void
step_write(world_t *w, person_t *p)
{
    int64_t  at_ms;

    static const int64_t  ago_ms[] = { 0, 0, 0, 1000, 60000, 7200000,
                                       86399000, 86400000, 90000000 };

    at_ms = w->t.wall_ms - ago_ms[world_draw(w, PL_COUNT(ago_ms))];
    world_says(w, p, at_ms, "hello");
    person_wrote(p, at_ms, w->t.wall_ms);
}


static void
step_grant(world_t *w, person_t *p)
{
    world_prefers(w, p, "resume");
}


static void
step_revoke(world_t *w, person_t *p)
{
    world_prefers(w, p, "stop");
}


/* Each is confirmed once; START is one where something was refused. */

static void
step_stop(world_t *w, person_t *p)
{
    world_says(w, p, w->t.wall_ms, "STOP");
    person_wrote(p, w->t.wall_ms, w->t.wall_ms);
    (void) person_forbids(p, w->t.wall_ms / 1000);

    p->confirms += !p->confirmed;
    p->confirmed = true;
}


static void
step_start(world_t *w, person_t *p)
{
    world_says(w, p, w->t.wall_ms, "START");
    person_wrote(p, w->t.wall_ms, w->t.wall_ms);

    if (p->marketing == MODEL_REVOKED
        && person_allows(p, w->t.wall_ms / 1000))
    {
        p->confirms++;
    }
}


static void
step_ask(world_t *w, person_t *p)
{
    say_t  *say;

    static const int64_t  ahead_ms[] = { 1, 60000, 3600000, 14400000,
                                         86400000, 3 * 86400000LL };

    if (p->n_says == MODEL_SAYS_MAX) {
        return;
    }

    say = &p->says[p->n_says++];
    memset(say, 0, sizeof(*say));
    say->kind = (say_e) world_draw(w, SAY_KINDS);

    if (world_draw(w, 3) == 0) {
        say->at_ms = w->t.wall_ms
                     + ahead_ms[world_draw(w, PL_COUNT(ahead_ms))];
    }

    if (world_draw(w, 3) == 0) {
        say->expires_ms = (say->at_ms != 0 ? say->at_ms : w->t.wall_ms)
                          + ahead_ms[world_draw(w, PL_COUNT(ahead_ms))];
    }

    world_asks(w, p, say);
}


static const step_t  steps[] = {
    { 6, step_write },
    { 4, step_grant },
    { 1, step_revoke },
    { 1, step_stop },
    { 1, step_start },
    { 9, step_ask },
};


static void
world_step(world_t *w, person_t *p)
{
    size_t    i;
    unsigned  sum, drawn;

    for (i = sum = 0; i < PL_COUNT(steps); i++) {
        sum += steps[i].weight;
    }

    drawn = world_draw(w, sum);

    for (i = 0; drawn >= steps[i].weight; i++) {
        drawn -= steps[i].weight;
    }

    steps[i].run(w, p);
}


/* ---- what became of what was asked for ------------------------------ */

/* Is there no moment from now to its end at which it may leave? */

static bool
world_hopeless(const person_t *p, const say_t *say, int64_t now_ms)
{
    ruling_t  r;

    if (say->expires_ms == 0) {
        return false;
    }

    if (say->expires_ms <= now_ms) {
        return true;
    }

    r = model_rule(p, say, say->expires_ms - 1);

    return r.blocks || r.waits;
}


static void
world_refused(world_t *w, const person_t *p, say_t *say,
    const Pl__Message *m)
{
    ruling_t  r = model_rule(p, say, w->t.wall_ms);

    say->ended = true;
    say->returns = true;
    w->refused++;

    if (m->rule == NULL) {          /* the provider, or too many attempts */
        assert_true(say->tried);
        return;
    }

    if (strcmp(m->rule, "consent.revoked") == 0) {
        assert_int_equal(say->kind, SAY_ADVERT);    /* or taken back */
        assert_int_equal(p->marketing, MODEL_REVOKED);

    } else if (strcmp(m->rule, "expired") == 0) {
        if (say->again_ms < say->expires_ms
            && !world_hopeless(p, say, w->t.wall_ms))
        {
            fail_msg("msg_%" PRIu64 " of kind %d is late at %" PRId64
                     " with an end at %" PRId64, say->id, (int) say->kind,
                     w->t.wall_ms, say->expires_ms);
        }

    } else if (!r.blocks || strcmp(m->rule, r.rule) != 0) {
        fail_msg("msg_%" PRIu64 " of kind %d is refused by %s, and %s is "
                 "right at %" PRId64, say->id, (int) say->kind, m->rule,
                 r.rule == NULL ? "no rule" : r.rule, w->t.wall_ms);
    }
}


/* What was asked for just now was decided before any of it was given back. */

static void
world_gives_back(person_t *p)
{
    size_t  k;

    for (k = 0; k < p->n_says; k++) {
        if (p->says[k].returns) {
            p->says[k].returns = false;
            person_unused(p, &p->says[k]);
        }
    }
}


static void
world_look(world_t *w)
{
    size_t        i, k;
    say_t        *say;
    person_t     *p;
    Pl__Message  *m;

    for (i = 0; i < MODEL_PEOPLE; i++) {
        p = &w->people[i];

        for (k = 0; k < p->n_says; k++) {
            say = &p->says[k];

            if (say->ended || say->flying || !world_known(w, p, say)) {
                continue;
            }

            m = message(&w->t, say->id);

            if (m->state == PL__MESSAGE_STATE__MESSAGE_STATE_FAILED) {
                world_refused(w, p, say, m);

            } else if (m->state
                       == PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED)
            {
                say->returns = true;        /* its time begins anew */
            }
        }

        world_gives_back(p);
    }
}


/* The engine's own word, that a STOP or a START was heard. */

static void
world_confirms(world_t *w, const Pl__AttemptRecord *row,
    const Pl__Message *m)
{
    size_t  i;
    say_t   own = { .effect = row->effect->id };

    assert_true(m->confirms_stop);

    for (i = 0; strcmp(w->people[i].phone, m->address->value) != 0; i++) {
        assert_true(i + 1 < MODEL_PEOPLE);
    }

    assert_true(w->people[i].confirms > 0);
    assert_true(row->began_ms < w->people[i].window_ms);
    w->people[i].confirms--;
    w->confirmed++;

    world_answers(w, &own, PL__OUTCOME__OUTCOME_SENT);
}


/* One that the engine let begin. */

static void
world_begins(world_t *w, const Pl__AttemptRecord *row)
{
    say_t        *say;
    person_t     *p;
    ruling_t      r;
    Pl__Message  *m;

    m = message(&w->t, row->effect->send_message->message);
    say = world_say(w, row->effect->send_message->message, &p);

    if (say == NULL) {
        world_confirms(w, row, m);
        return;
    }

    if (say->flying) {
        return;                     /* seen before */
    }

    r = model_rule(p, say, row->began_ms);

    if (say->ended || r.blocks || r.waits) {
        fail_msg("msg_%" PRIu64 " of kind %d leaves at %" PRId64
                 ", and %s is right", say->id, (int) say->kind,
                 row->began_ms, say->ended ? "that it had ended" : r.rule);
    }

    assert_int_equal(m->content->of_case == PL__CONTENT__OF_TEMPLATE,
                     r.template || say->kind == SAY_TEMPLATE
                     || say->kind == SAY_ADVERT || say->kind == SAY_CODE);

    if (say->kind == SAY_ADVERT && !say->charged) {
        person_used(p, say, row->began_ms);
    }

    say->flying = true;
    say->tried = true;
    say->effect = row->effect->id;
}


static void
world_began(world_t *w)
{
    pl_str_t           key, value;
    pl_txn_t          *txn;
    pl_scan_t         *scan;
    ProtobufCMessage  *msg;
    size_t             i, n = 0;
    Pl__AttemptRecord *rows[MODEL_DUE_MAX * 8];

    txn = t_read(&w->t);
    t_ok(&w->t, pl_store_scan(txn, PL_TABLE_ATTEMPTS, PL_STR_NULL, false,
                              &scan, &w->t.err));

    while (n < PL_COUNT(rows)
           && pl_store_scan_next(scan, &key, &value, &w->t.err) == PL_OK)
    {
        t_ok(&w->t, pl_record_read(PL_TABLE_ATTEMPTS, value,
                                   &pl__attempt_record__descriptor, w->t.ar,
                                   &msg, &w->t.err));
        rows[n++] = (Pl__AttemptRecord *) msg;
    }

    pl_store_scan_end(scan);
    pl_store_abort(txn);
    assert_true(n < PL_COUNT(rows));

    for (i = 0; i < n; i++) {
        if (rows[i]->effect->of_case == PL__EFFECT__OF_SEND_MESSAGE) {
            world_begins(w, rows[i]);

        } else {
            world_listing(w, rows[i]->effect->id);
        }
    }
}


/* ---- the sender's part ---------------------------------------------- */

/* What the provider says of what is on the wire; some of it later. */

static void
world_results(world_t *w, bool all)
{
    size_t        i, k;
    say_t        *say;
    person_t     *p;
    Pl__Outcome   outcome;

    static const Pl__Outcome  outcomes[] = {
        PL__OUTCOME__OUTCOME_SENT, PL__OUTCOME__OUTCOME_SENT,
        PL__OUTCOME__OUTCOME_SENT, PL__OUTCOME__OUTCOME_RETRY,
        PL__OUTCOME__OUTCOME_THROTTLE, PL__OUTCOME__OUTCOME_PERMANENT,
    };

    for (i = 0; i < MODEL_PEOPLE; i++) {
        p = &w->people[i];

        for (k = 0; k < p->n_says; k++) {
            say = &p->says[k];

            if (!say->flying || (!all && world_draw(w, 3) == 0)) {
                continue;
            }

            outcome = all ? PL__OUTCOME__OUTCOME_SENT
                          : outcomes[world_draw(w, PL_COUNT(outcomes))];
            say->flying = false;

            if (outcome == PL__OUTCOME__OUTCOME_SENT) {
                say->ended = true;
                w->sent++;
            }

            world_answers(w, say, outcome);
        }
    }

    t_fold(&w->t);
    world_look(w);
}


static void
world_timers(world_t *w)
{
    size_t  n, i;

    for (i = 0; i < 100; i++) {
        n = fire(&w->t, MODEL_DUE_MAX);
        world_look(w);

        if (n < MODEL_DUE_MAX) {
            return;
        }
    }

    fail_msg("timers that never end");
}


/* Heads as the last fold left them; what people do comes before them. */

static void
world_tick(world_t *w, bool busy)
{
    size_t        i, n;
    pl_due_t      due[MODEL_DUE_MAX];
    Pl__Command   command = PL__COMMAND__INIT;

    world_timers(w);

    n = t_due(&w->t, w->t.wall_ms, false, due, MODEL_DUE_MAX);

    for (i = 0; busy && i < MODEL_PEOPLE; i++) {
        if (world_draw(w, MODEL_PEOPLE) < MODEL_BUSY) {
            world_step(w, &w->people[i]);
        }
    }

    command.of_case = PL__COMMAND__OF_ATTEMPT;

    for (i = 0; i < n; i++) {
        due[i].attempt.epoch = w->epoch;
        command.attempt = &due[i].attempt;
        world_tells(w, &command, PL_STR_NULL);
    }

    t_fold(&w->t);
    world_began(w);
    world_look(w);
    world_results(w, !busy);
}


/* A second, hours, or to the edge of somebody's window, or of the night. */

static void
world_pass(world_t *w)
{
    int64_t          ms, wall;
    const person_t  *p = &w->people[world_draw(w, MODEL_PEOPLE)];

    static const int64_t  pass_ms[] = { 1, 1000, 60000, 1800000, 3600000,
                                        21600000 };

    ms = pass_ms[world_draw(w, PL_COUNT(pass_ms))];

    switch (world_draw(w, 4)) {

    case 0:
        ms = p->window_ms - w->t.wall_ms - 1 + world_draw(w, 3);
        break;

    case 1:
        wall = model_wall(p->tenant, w->t.wall_ms);
        ms = (world_draw(w, 2) == 0 ? 23 : 7) * 3600000LL - wall;
        ms = (ms + MODEL_DAY_MS) % MODEL_DAY_MS - 1 + world_draw(w, 3);
        break;

    default:
        break;
    }

    t_pass(&w->t, ms > 0 ? ms : 1);
}


/* Nobody does anything any more, and the provider takes everything. */

static void
world_drain(world_t *w)
{
    unsigned      i;
    const say_t  *say;

    for (i = 0; i < MODEL_DRAIN && world_open(w) != NULL; i++) {
        pl_arena_reset(w->t.ar);
        world_tick(w, false);
        world_next(w);
    }

    say = world_open(w);
    if (say != NULL) {
        fail_msg("msg_%" PRIu64 " of kind %d has not ended", say->id,
                 (int) say->kind);
    }

    /* the lists of templates wait for the next day */

    assert_int_equal(t_rows(&w->t, PL_TABLE_OUTBOX), MODEL_TENANTS);
    assert_int_equal(t_rows(&w->t, PL_TABLE_ATTEMPTS), 0);
}


static void
world_run(unsigned seed, bool ask_ctl)
{
    unsigned   i;
    world_t   *w;

    print_message("# MODEL_SEED=%u\n", seed);

    w = world_new(seed);

    for (i = 0; i < MODEL_TICKS; i++) {
        pl_arena_reset(w->t.ar);
        world_tick(w, true);
        world_pass(w);
    }

    world_drain(w);
    world_anew(w);

    if (ask_ctl) {
        (void) t_ctl_is(&w->t, "check", 0);
    }

    print_message("# %" PRIu64 " commands, %" PRIu64 " sent, %" PRIu64
                  " refused, %" PRIu64 " words confirmed\n", w->commands,
                  w->sent, w->refused, w->confirmed);
    world_end(w);
}


static unsigned
model_number(const char *name, unsigned otherwise)
{
    const char  *text = getenv(name);

    return text == NULL ? otherwise
                        : (unsigned) strtoul(text, NULL, 10);
}


static void
test_histories(void **state)
{
    unsigned  i, first, worlds;

    (void) state;

    first = model_number("MODEL_SEED", 1);
    worlds = (model_number("MODEL_HISTORIES", MODEL_HISTORIES)
              + MODEL_PEOPLE - 1) / MODEL_PEOPLE;

    for (i = 0; i < worlds; i++) {
        world_run(first + i, i % MODEL_CHECKS == 0);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_histories),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
