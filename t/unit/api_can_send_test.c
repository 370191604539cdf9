/*
 * can-send and the gate: what a dry run says of a request is what becomes of
 * it when it is asked for the next moment.
 *
 * A store with many people (policy_world.h), to whom things happen at
 * random: they write, allow and forbid, say STOP and START, are somewhere
 * else; messages leave, and caps count them. Between two such events a
 * request is drawn, of every kind, sound and unsound, now and later. The dry
 * run is asked, then the request is appended and folded, and its verdict
 * looked at; of one that is to be sent later, what its message is when its
 * time has come.
 *
 *     CAN_CASES   requests in all   3000
 *     CAN_SEED    of the first      1
 */

#include "../../src/engine/dry.h"
#include "policy_world.h"

#define CAN_WORLD  5000         /* cases of a world */
#define CAN_RULES  64           /* that were seen, by name */

typedef struct {
    world_t         *w;
    pl_settings_t   *settings;
    unsigned         sent, put_off, blocked, unfit, later;
    size_t           n_rules;
    char             rules[CAN_RULES][48];
} can_t;

/* A request with room for what it may have. */
typedef struct {
    asked_t         a;
    Pl__Template    other;
    Pl__Content     otherwise;
    char            text[PL_TEXT_MAX + 2];
    char            name[32];
    person_t       *to;
    bool            later;
} drawn_t;


static unsigned
can_number(const char *name, unsigned otherwise)
{
    const char  *text = getenv(name);

    return text == NULL ? otherwise : (unsigned) strtoul(text, NULL, 10);
}


static void
can_saw(can_t *c, const char *rule)
{
    size_t  i;

    for (i = 0; i < c->n_rules; i++) {
        if (strncmp(c->rules[i], rule, sizeof(c->rules[i]) - 1) == 0) {
            return;
        }
    }

    assert_true(c->n_rules < CAN_RULES);
    (void) snprintf(c->rules[c->n_rules++], sizeof(c->rules[0]), "%s", rule);
}


/* ---- what happens --------------------------------------------------- */

static void
can_consents(world_t *w, const person_t *p)
{
    Pl__Address      address = PL__ADDRESS__INIT;
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__ConsentSet   in = PL__CONSENT_SET__INIT;

    static const char *const  categories[] = { "marketing_messages",
                                               "marketing_messages", "all",
                                               "news" };
    static const Pl__ConsentState  states[] = {
        PL__CONSENT_STATE__CONSENT_STATE_GRANTED,
        PL__CONSENT_STATE__CONSENT_STATE_GRANTED,
        PL__CONSENT_STATE__CONSENT_STATE_GRANTED,
        PL__CONSENT_STATE__CONSENT_STATE_REVOKED,
        PL__CONSENT_STATE__CONSENT_STATE_UNKNOWN,
    };

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) p->phone;
    in.tenant = p->tenant + 1;
    in.address = &address;
    in.category = (char *) categories[world_draw(w, PL_COUNT(categories))];
    in.state = states[world_draw(w, PL_COUNT(states))];
    in.source = (char *) "form";
    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = &in;

    world_tells(w, &command, PL_STR_NULL);
}


static void
can_lives(world_t *w, const person_t *p)
{
    Pl__Address      address = PL__ADDRESS__INIT;
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__ContactSet   in = PL__CONTACT_SET__INIT;

    static const char *const  zones[] = { "Europe/Berlin", "Asia/Kolkata",
                                          "America/St_Johns", "Nowhere/At",
                                          "" };

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) p->phone;
    in.tenant = p->tenant + 1;
    in.address = &address;
    in.time_zone = (char *) zones[world_draw(w, PL_COUNT(zones))];
    command.of_case = PL__COMMAND__OF_CONTACT_SET;
    command.contact_set = &in;

    world_tells(w, &command, PL_STR_NULL);
}


/* Some of what waits leaves, so that caps count. */

static void
can_leaves(world_t *w)
{
    size_t    i, n;
    say_t     say;
    uint64_t  effects[64];

    t_fold(&w->t);
    n = t_attempt(&w->t, w->epoch, effects);

    for (i = 0; i < n; i++) {
        memset(&say, 0, sizeof(say));
        say.effect = effects[i];

        if (t_rows(&w->t, PL_TABLE_ATTEMPTS) != 0) {
            world_answers(w, &say, world_draw(w, 4) == 0
                                   ? PL__OUTCOME__OUTCOME_PERMANENT
                                   : PL__OUTCOME__OUTCOME_SENT);
        }
    }

    t_fold(&w->t);
}


static void
can_happens(world_t *w)
{
    int64_t   ms, wall;
    person_t  *p = &w->people[world_draw(w, MODEL_PEOPLE)];

    static const char *const  said[] = { "hello", "STOP", "START", "no",
                                         "what?" };

    switch (world_draw(w, 8)) {

    case 0:
    case 1:
        world_says(w, p, w->t.wall_ms - world_draw(w, 86400000),
                   said[world_draw(w, PL_COUNT(said))]);
        person_wrote(p, w->t.wall_ms, w->t.wall_ms);
        break;

    case 2:
    case 3:
        can_consents(w, p);
        break;

    case 4:
        can_lives(w, p);
        break;

    case 5:
        if (world_draw(w, 3) == 0) {
            can_leaves(w);
        }

        break;

    case 6:                             /* to an edge of the night */
        wall = model_wall(p->tenant, w->t.wall_ms);
        ms = (world_draw(w, 2) == 0 ? 23 : 7) * 3600000LL - wall;
        t_pass(&w->t, (ms + MODEL_DAY_MS) % MODEL_DAY_MS + world_draw(w, 2));
        break;

    default:
        t_pass(&w->t, 1 + world_draw(w, 3600000));
        break;
    }
}


/* ---- requests ------------------------------------------------------- */

static void
can_says(world_t *w, drawn_t *d)
{
    size_t  len;

    static const char *const  names[] = { "notice", "notice", "advert",
                                          "advert", "advert", "code",
                                          "missing" };

    if (world_draw(w, 5) < 3) {
        world_template(&d->a.template, &d->a.content,
                       names[world_draw(w, PL_COUNT(names))]);
        return;
    }

    len = world_draw(w, 40) == 0 ? PL_TEXT_MAX + 1 : 1 + world_draw(w, 40);
    memset(d->text, 'x', len);
    d->text[len] = '\0';

    pl__text__init(&d->a.text);
    d->a.text.body = world_draw(w, 40) == 0 ? (char *) "" : d->text;
    pl__content__init(&d->a.content);
    d->a.content.type = (char *) "text";
    d->a.content.of_case = PL__CONTENT__OF_TEXT;
    d->a.content.text = &d->a.text;

    if (world_draw(w, 3) == 0) {
        world_template(&d->other, &d->otherwise,
                       names[world_draw(w, PL_COUNT(names))]);
        d->a.request.otherwise = &d->otherwise;
    }
}


static void
can_to(world_t *w, drawn_t *d)
{
    Pl__SendRequest  *r = &d->a.request;

    static const char *const  odd[] = { "", "12a", "000000000000000000001",
                                        "491709999999" };

    switch (world_draw(w, 40)) {

    case 0:
        d->a.address.value = (char *) odd[world_draw(w, PL_COUNT(odd))];
        break;

    case 1:
        r->address = NULL;
        r->has_contact = 1;
        r->contact = 1 + world_draw(w, 400);    /* most are not theirs */
        break;

    case 2:
        d->a.address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID;
        break;

    case 3:
        d->a.address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_GROUP;
        break;

    case 4:
        d->a.address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;
        break;

    default:
        break;
    }
}


static void
can_terms(world_t *w, drawn_t *d)
{
    int64_t           from_ms = w->t.wall_ms;
    Pl__SendRequest  *r = &d->a.request;

    static const int64_t  ahead_ms[] = { -3600000, 1, 60000, 3600000,
                                         14400000, 86400000,
                                         400 * 86400000LL };

    if (world_draw(w, 8) == 0) {
        r->has_at_ms = 1;
        r->at_ms = from_ms + ahead_ms[world_draw(w, PL_COUNT(ahead_ms))];
        from_ms = r->at_ms > from_ms ? r->at_ms : from_ms;
    }

    if (world_draw(w, 4) == 0) {
        r->has_expires_ms = 1;
        r->expires_ms = from_ms
                        + ahead_ms[world_draw(w, PL_COUNT(ahead_ms))];
    }

    r->has_category = world_draw(w, 2) == 0;
    r->category = (Pl__Category) (1 + world_draw(w, 4));
    r->has_otherwise_category = r->otherwise != NULL
                                ? world_draw(w, 4) == 0
                                : world_draw(w, 40) == 0;
    r->otherwise_category = (Pl__Category) (1 + world_draw(w, 4));
    r->has_author = world_draw(w, 2) == 0;
    r->author = (Pl__Author) (1 + world_draw(w, 2));
    r->has_lane = world_draw(w, 2) == 0;
    r->lane = (Pl__Lane) (1 + world_draw(w, world_draw(w, 8) == 0 ? 4 : 3));
    r->has_campaign = world_draw(w, 10) == 0;
    r->campaign = 7;
    r->has_business_hours = r->business_hours = world_draw(w, 10) == 0;
    r->channel += world_draw(w, 40) == 0 ? 1 : 0;
    r->tenant += world_draw(w, 60) == 0 ? 20 : 0;
}


static void
can_draw(world_t *w, drawn_t *d)
{
    memset(d, 0, sizeof(*d));

    /* one of them has as much waiting as a queue takes, in the end */

    d->to = &w->people[world_draw(w, 4) == 0
                       ? 0 : world_draw(w, MODEL_PEOPLE)];

    asked_to(&d->a, d->to->phone, "notice");
    pl_be64_put(d->a.key, ++w->drawn);
    d->a.request.tenant = d->to->tenant + 1;
    d->a.request.channel = d->to->tenant + 1;

    can_says(w, d);
    can_to(w, d);
    can_terms(w, d);

    d->later = d->a.request.has_at_ms
               && d->a.request.at_ms > w->t.wall_ms;
}


/* ---- the two answers ------------------------------------------------ */

static void
can_dry(can_t *c, const drawn_t *d, pl_dry_request_t *out)
{
    pl_apply_t  ap;

    memset(&ap, 0, sizeof(ap));
    ap.txn = t_read(&c->w->t);
    ap.ar = c->w->t.ar;
    ap.settings = c->settings;
    ap.now_ms = c->w->t.wall_ms;
    ap.match = pl_match_state_create();
    assert_non_null(ap.match);

    t_ok(&c->w->t, pl_dry_ask(&ap, &d->a.request, out, &c->w->t.err));
    assert_int_equal(ap.now_ms, c->w->t.wall_ms);

    pl_match_state_destroy(ap.match);
    pl_store_abort(ap.txn);
}


/* What is to be sent later, when its time has come. */

static Pl__Message *
can_waits(can_t *c, const drawn_t *d, const Pl__Verdict *v)
{
    unsigned  i;

    assert_int_equal(v->decision, PL__DECISION__DECISION_SCHEDULED);
    assert_false(v->has_until_ms);

    t_pass(&c->w->t, d->a.request.at_ms - c->w->t.wall_ms);

    for (i = 0; fire(&c->w->t, MODEL_DUE_MAX) == MODEL_DUE_MAX; i++) {
        assert_true(i < 1000);
    }

    return message(&c->w->t, v->message);
}


static void
can_differ(const drawn_t *d, const char *dry, const char *rule,
    const char *gate, const char *by)
{
    fail_msg("tenant %u, to %s, at %" PRId64 ": can-send says %s (%s), the "
             "gate %s (%s)", d->a.request.tenant, d->to->phone,
             d->a.request.at_ms, dry, rule == NULL ? "-" : rule, gate,
             by == NULL ? "-" : by);
}


static void
can_same(const drawn_t *d, const char *dry, const char *rule,
    const char *gate, const char *by)
{
    if (strcmp(dry, gate) != 0 || (rule == NULL) != (by == NULL)
        || (rule != NULL && strcmp(rule, by) != 0))
    {
        can_differ(d, dry, rule, gate, by);
    }
}


static const char *
can_word(const pl_dry_request_t *out, const char **rule)
{
    const pl_verdict_t  *v = &out->dry.at.verdict;

    *rule = out->rule != NULL ? out->rule : v->rule;

    if (out->rule != NULL || v->decision == PL_POLICY_BLOCK) {
        return "refused";
    }

    if (v->decision == PL_POLICY_DEFER) {
        return "put off";
    }

    *rule = NULL;

    return "sent";
}


static void
can_compare(can_t *c, const drawn_t *d, const pl_dry_request_t *out,
    const Pl__Verdict *v)
{
    int64_t        until_ms = v->until_ms;
    const char    *word, *gate, *rule, *by = v->rule;
    Pl__Message   *m;

    word = can_word(out, &rule);

    if (v->decision == PL__DECISION__DECISION_REFUSED) {
        gate = "refused";

    } else if (!d->later) {
        gate = v->decision == PL__DECISION__DECISION_SCHEDULED ? "put off"
                                                               : "sent";

    } else {
        m = can_waits(c, d, v);
        until_ms = m->at_ms;
        gate = m->state == PL__MESSAGE_STATE__MESSAGE_STATE_FAILED
               ? "refused"
               : m->state == PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED
               ? "put off" : "sent";
        by = strcmp(gate, "sent") == 0 ? NULL : m->rule;
        c->later++;
    }

    /* a full queue is the one refusal of a later one without a rule */

    if (d->later && by == NULL && strcmp(gate, "refused") == 0) {
        by = "queue.full";
    }

    can_same(d, word, rule, gate, by);

    if (strcmp(gate, "put off") == 0) {
        assert_int_equal(until_ms, out->dry.at.verdict.until_ms);
        c->put_off++;
    }

    c->sent += strcmp(gate, "sent") == 0;
    c->blocked += strcmp(gate, "refused") == 0 && out->rule == NULL;
    c->unfit += out->rule != NULL;

    if (rule != NULL) {
        can_saw(c, rule);
    }

    if (out->path != NULL && v->path != NULL) {
        assert_string_equal(out->path, v->path);
    }
}


static void
can_world(can_t *c, unsigned seed, unsigned cases)
{
    unsigned            i;
    drawn_t            *d;
    pl_txn_t           *txn;
    Pl__Command         command = PL__COMMAND__INIT;
    Pl__Verdict        *v;
    pl_dry_request_t    out;

    c->w = world_new(seed);
    d = calloc(1, sizeof(*d));
    assert_non_null(d);

    txn = t_read(&c->w->t);
    t_ok(&c->w->t, pl_settings_load(&c->settings, txn, c->w->t.codec,
                                    &c->w->t.err));
    pl_store_abort(txn);

    for (i = 0; i < cases; i++) {
        pl_arena_reset(c->w->t.ar);
        can_happens(c->w);
        t_fold(&c->w->t);
        can_draw(c->w, d);
        can_dry(c, d, &out);

        command.of_case = PL__COMMAND__OF_SEND_REQUEST;
        command.send_request = &d->a.request;
        world_tells(c->w, &command, PL_STR_NULL);
        t_fold(&c->w->t);

        v = verdict(&c->w->t, &d->a);
        assert_non_null(v);
        can_compare(c, d, &out, v);
    }

    pl_settings_destroy(c->settings);
    free(d);
    world_end(c->w);
}


static void
test_agree(void **state)
{
    can_t     *c;
    size_t     k;
    unsigned   i, n, cases, seed;

    (void) state;

    c = calloc(1, sizeof(*c));
    assert_non_null(c);
    cases = can_number("CAN_CASES", 3000);
    seed = can_number("CAN_SEED", 1);

    for (i = 0; i < cases; i += n) {
        n = cases - i < CAN_WORLD ? cases - i : CAN_WORLD;
        can_world(c, seed++, n);
    }

    print_message("# %u sent, %u put off, %u blocked, %u unfit; %u later\n",
                  c->sent, c->put_off, c->blocked, c->unfit, c->later);

    for (k = 0; k < c->n_rules; k++) {
        print_message("#     %s\n", c->rules[k]);
    }

    /* nothing of it was drawn in vain */

    assert_true(c->sent > cases / 50);
    assert_true(c->put_off > cases / 50);
    assert_true(c->blocked > cases / 50);
    assert_true(c->unfit > cases / 50);
    assert_true(c->later > cases / 100);
    free(c);
}


/* A queue takes so many, and both know when it does no more. */

static void
test_full(void **state)
{
    can_t               c;
    size_t              i;
    drawn_t             d;
    pl_txn_t           *txn;
    Pl__Command         command = PL__COMMAND__INIT;
    pl_dry_request_t    out;

    (void) state;

    memset(&c, 0, sizeof(c));
    memset(&d, 0, sizeof(d));
    c.w = world_new(1);
    txn = t_read(&c.w->t);
    t_ok(&c.w->t, pl_settings_load(&c.settings, txn, c.w->t.codec,
                                   &c.w->t.err));
    pl_store_abort(txn);

    asked_to(&d.a, c.w->people[0].phone, "code");
    d.a.template.language = (char *) "de";
    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &d.a.request;

    for (i = 0; i <= PL_QUEUE_MAX; i++) {
        pl_be64_put(d.a.key, ++c.w->drawn);

        if (i >= PL_QUEUE_MAX - 1) {
            t_fold(&c.w->t);
            can_dry(&c, &d, &out);
        }

        world_tells(c.w, &command, PL_STR_NULL);

        if (i >= PL_QUEUE_MAX - 1) {
            t_fold(&c.w->t);
            can_compare(&c, &d, &out, verdict(&c.w->t, &d.a));
        }
    }

    assert_int_equal(c.sent, 1);
    assert_string_equal(c.rules[0], "queue.full");

    pl_settings_destroy(c.settings);
    world_end(c.w);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_agree),
        cmocka_unit_test(test_full),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
