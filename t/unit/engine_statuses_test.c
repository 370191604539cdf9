/*
 * The engine: every order of a send's answer and its statuses, what a status
 * adds to its message, and statuses of what is not known to be ours.
 */

#include "engine.h"

#define ACCEPTED   PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED
#define SENT       PL__MESSAGE_STATE__MESSAGE_STATE_SENT
#define FAILED     PL__MESSAGE_STATE__MESSAGE_STATE_FAILED
#define DELIVERED  PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED
#define READ       PL__MESSAGE_STATE__MESSAGE_STATE_READ

typedef struct {
    t_engine_t  t;
    uint64_t    epoch;
    uint64_t    effect;
    uint64_t    id;             /* of the message that goes out */
} sent_t;


/* A store with one answer on the wire. */

static void
begin(sent_t *s)
{
    uint64_t            effects[64];
    Pl__AttemptRecord  *attempt;

    t_open(&s->t);
    t_configure(&s->t);
    s->epoch = t_sender(&s->t, true, NULL);
    t_text(&s->t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_fold(&s->t);
    assert_int_equal(t_attempt(&s->t, s->epoch, effects), 1);
    s->effect = effects[0];
    attempt = (Pl__AttemptRecord *) t_row(&s->t, PL_TABLE_ATTEMPTS, 0,
                                          &pl__attempt_record__descriptor);
    assert_non_null(attempt);
    s->id = attempt->effect->send_message->message;
}


static void
status(sent_t *s, const char *word)
{
    (void) t_status(&s->t, word, s->id, s->t.wall_ms / 1000);
    t_fold(&s->t);
}


/* A status with all that it may say. id 0: it echoes nothing. */

static void
tells(sent_t *s, Pl__DeliveryStatus *in, const char *word, uint64_t id)
{
    Pl__Command  command = PL__COMMAND__INIT;

    in->account = (char *) T_ACCOUNT;
    in->status = (char *) word;
    in->time_s = s->t.wall_ms / 1000;
    in->has_message = (id != 0);
    in->mark = t_mark(&s->t);
    in->message = id;

    if (in->provider_id == NULL) {
        in->provider_id = (char *) "wamid.OUT";
    }

    command.of_case = PL__COMMAND__OF_DELIVERY_STATUS;
    command.delivery_status = in;
    (void) t_told(&s->t, &command);
    t_fold(&s->t);
}


static Pl__MessageState
state_of(sent_t *s)
{
    return t_message(&s->t, 1)->state;
}


/*
 * A send whose answer and whose statuses come in any order ends once: in the
 * state that the statuses say, with nothing left to send, retry or settle.
 */

static void
any_order_of_answer_and_status_ends_once(void **state)
{
    size_t    i;
    sent_t    s;
    uint64_t  effects[64];

    static const struct {
        Pl__Outcome       outcome;
        const char       *word;
        bool              status_first;
        Pl__MessageState  ends;
        unsigned          dead;
    } rows[] = {
        { PL__OUTCOME__OUTCOME_SENT, "sent", true, SENT, 0 },
        { PL__OUTCOME__OUTCOME_SENT, "sent", false, SENT, 0 },
        { PL__OUTCOME__OUTCOME_SENT, "read", true, READ, 0 },
        { PL__OUTCOME__OUTCOME_SENT, "failed", true, FAILED, 0 },
        { PL__OUTCOME__OUTCOME_SENT, "failed", false, FAILED, 0 },
        { PL__OUTCOME__OUTCOME_RETRY, "delivered", true, DELIVERED, 0 },
        { PL__OUTCOME__OUTCOME_RETRY, "delivered", false, DELIVERED, 0 },
        { PL__OUTCOME__OUTCOME_RETRY, "failed", false, FAILED, 0 },
        { PL__OUTCOME__OUTCOME_THROTTLE, "sent", true, SENT, 0 },
        { PL__OUTCOME__OUTCOME_THROTTLE, "sent", false, SENT, 0 },
        { PL__OUTCOME__OUTCOME_ACCOUNT, "sent", true, SENT, 0 },
        { PL__OUTCOME__OUTCOME_ACCOUNT, "sent", false, SENT, 0 },
        { PL__OUTCOME__OUTCOME_UNKNOWN, "sent", true, SENT, 0 },
        { PL__OUTCOME__OUTCOME_UNKNOWN, "sent", false, SENT, 0 },
        { PL__OUTCOME__OUTCOME_UNKNOWN, "failed", false, FAILED, 0 },
        { PL__OUTCOME__OUTCOME_PERMANENT, "sent", true, SENT, 0 },
        { PL__OUTCOME__OUTCOME_PERMANENT, "sent", false, SENT, 0 },
        { PL__OUTCOME__OUTCOME_PERMANENT, "delivered", false, DELIVERED, 0 },
        { PL__OUTCOME__OUTCOME_PERMANENT, "failed", false, FAILED, 1 },
        { PL__OUTCOME__OUTCOME_POLICY, "delivered", true, DELIVERED, 0 },
        { PL__OUTCOME__OUTCOME_POLICY, "failed", false, FAILED, 1 },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        begin(&s);

        if (rows[i].status_first) {
            status(&s, rows[i].word);
        }

        t_result(&s.t, s.effect, s.epoch, rows[i].outcome, 0);

        if (!rows[i].status_first) {
            status(&s, rows[i].word);
        }

        if (state_of(&s) != rows[i].ends) {
            fail_msg("row %zu ends in %d", i, (int) state_of(&s));
        }

        /* nor does it go out again */

        t_pass(&s.t, 3600 * 1000);
        (void) t_attempt(&s.t, s.epoch, effects);
        assert_int_equal(t_rows(&s.t, PL_TABLE_ATTEMPTS), 0);
        assert_int_equal(t_rows(&s.t, PL_TABLE_OUTBOX), 0);
        assert_int_equal(t_rows(&s.t, PL_TABLE_DUE), 0);
        assert_int_equal(t_rows(&s.t, PL_TABLE_UNKNOWN), 0);
        assert_int_equal(t_rows(&s.t, PL_TABLE_DEAD), rows[i].dead);
        assert_int_equal(state_of(&s), rows[i].ends);
        assert_int_equal(t_counted(&s.t, "statuses", "applied"), 1);
        t_close(&s.t);
    }
}


#define MANY      1000
#define MANY_OF   6             /* events of each */


/* One event of one send: its answer, or a status, two of them twice. */

static void
happens(sent_t *s, const uint64_t *effects, const uint64_t *ids,
    unsigned event)
{
    unsigned        i;
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__SendResult  result = PL__SEND_RESULT__INIT;

    static const char *const  words[] = {
        "sent", "delivered", "read", "delivered", "read",
    };

    i = event / MANY_OF;

    if (event % MANY_OF != 0) {
        (void) t_status(&s->t, words[event % MANY_OF - 1], ids[i],
                        T_NOW / 1000);
        return;
    }

    result.effect = effects[i];
    result.epoch = s->epoch;
    result.outcome = PL__OUTCOME__OUTCOME_SENT;
    result.provider_id = (char *) "wamid.OUT";
    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &result;
    (void) t_append(&s->t, &command, NULL);
}


/* A thousand sends, each with an answer and five statuses, shuffled. */

static void
a_thousand_sends_all_end_in_read(void **state)
{
    char                phone[32], wamid[32];
    sent_t              s;
    uint64_t            effects[MANY + 64], ids[MANY], random;
    unsigned            i, k, n, swap, events[MANY * MANY_OF];
    Pl__Message        *m;
    Pl__AttemptRecord  *attempt;

    (void) state;
    t_open(&s.t);
    t_configure(&s.t);
    s.epoch = t_sender(&s.t, true, NULL);

    for (i = 0; i < MANY; i++) {
        (void) snprintf(phone, sizeof(phone), "346%08u", i);
        (void) snprintf(wamid, sizeof(wamid), "wamid.%u", i);
        t_text(&s.t, phone, wamid, T_NOW / 1000, "Hello");
    }

    t_fold(&s.t);

    for (n = 0; n < MANY; n += k) {
        k = (unsigned) t_attempt(&s.t, s.epoch, effects + n);
        assert_true(k != 0);
    }

    for (i = 0; i < MANY; i++) {
        pl_arena_reset(s.t.ar);
        attempt = (Pl__AttemptRecord *) t_row(&s.t, PL_TABLE_ATTEMPTS, i,
                                              &pl__attempt_record__descriptor);
        effects[i] = attempt->effect->id;
        ids[i] = attempt->effect->send_message->message;
    }

    for (i = 0; i < MANY * MANY_OF; i++) {
        events[i] = i;
    }

    for (i = MANY * MANY_OF - 1, random = 1; i > 0; i--) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        k = (unsigned) ((random >> 33) % (i + 1));
        swap = events[i];
        events[i] = events[k];
        events[k] = swap;
    }

    for (i = 0; i < MANY * MANY_OF; i++) {
        happens(&s, effects, ids, events[i]);
    }

    t_fold(&s.t);

    for (i = 0; i < 2 * MANY; i++) {
        pl_arena_reset(s.t.ar);
        m = t_message(&s.t, i);

        if (m->direction == PL__DIRECTION__DIRECTION_OUT) {
            assert_int_equal(m->state, READ);
            assert_int_equal(m->n_facts, 3);
        }
    }

    assert_int_equal(t_counted(&s.t, "statuses", "applied"), 3 * MANY);
    assert_int_equal(t_counted(&s.t, "statuses", "repeated"), 2 * MANY);
    assert_int_equal(t_counted(&s.t, "results", "sent"), MANY);
    assert_int_equal(t_rows(&s.t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(&s.t, PL_TABLE_ATTEMPTS), 0);
    t_close(&s.t);
}


/* Four words in every order: the rank decides, and each counts once. */

static void
the_rank_decides_in_every_order(void **state)
{
    sent_t        s;
    size_t        i, j, n, order[4];
    Pl__Message  *m;

    static const char *const  words[] = {
        "sent", "failed", "delivered", "read",
    };

    (void) state;
    begin(&s);

    for (n = 0; n < 24; n++) {
        t_close(&s.t);
        begin(&s);

        /* the n-th order: a number for each place, among those left */

        order[0] = n / 6;
        order[1] = n % 6 / 2;
        order[2] = n % 2;
        order[3] = 0;

        for (i = 4; i-- > 0; /* void */ ) {
            for (j = i + 1; j < 4; j++) {
                order[j] += (order[j] >= order[i]);
            }
        }

        for (i = 0; i < 4; i++) {
            status(&s, words[order[i]]);
            status(&s, words[order[i]]);
        }

        m = t_message(&s.t, 1);
        assert_int_equal(m->state, READ);
        assert_int_equal(m->n_facts, 4);
        assert_int_equal(t_counted(&s.t, "statuses", "applied"), 4);
        assert_int_equal(t_counted(&s.t, "statuses", "repeated"), 4);
    }

    t_close(&s.t);
}


static void
failed_outranks_sent_and_yields_to_delivered(void **state)
{
    sent_t  s;

    (void) state;
    begin(&s);
    status(&s, "failed");
    status(&s, "sent");
    assert_int_equal(state_of(&s), FAILED);
    status(&s, "delivered");
    assert_int_equal(state_of(&s), DELIVERED);
    status(&s, "failed");
    assert_int_equal(state_of(&s), DELIVERED);
    t_close(&s.t);
}


/* The second of two prices counts nothing, whichever was first. */

static void
a_price_counts_once(void **state)
{
    sent_t               s;
    Pl__Message         *m;
    Pl__MessageError     e1 = PL__MESSAGE_ERROR__INIT;
    Pl__MessageError     e2 = PL__MESSAGE_ERROR__INIT, *errors[2];
    Pl__DeliveryStatus   sent = PL__DELIVERY_STATUS__INIT;
    Pl__DeliveryStatus   failed = PL__DELIVERY_STATUS__INIT;

    (void) state;
    begin(&s);

    sent.pricing_type = (char *) "regular";
    sent.pricing_category = (char *) "authentication-international";
    sent.pricing_model = (char *) "PMP";
    sent.has_billable = 1;
    sent.billable = 1;
    sent.conversation_id = (char *) "72b14d6b";
    sent.origin = (char *) "utility";
    tells(&s, &sent, "read", s.id);

    sent.has_conversation_expires_s = 1;
    sent.conversation_expires_s = T_NOW / 1000 + 86400;
    tells(&s, &sent, "sent", s.id);
    tells(&s, &sent, "sent", s.id);

    m = t_message(&s.t, 1);
    assert_string_equal(m->pricing->type, "regular");
    assert_string_equal(m->pricing->category,
                        "authentication-international");
    assert_string_equal(m->pricing->model, "PMP");
    assert_true(m->pricing->billable);
    assert_string_equal(m->conversation->id, "72b14d6b");
    assert_string_equal(m->conversation->origin, "utility");
    assert_int_equal(m->conversation->expires_s, T_NOW / 1000 + 86400);
    assert_int_equal(t_counted(&s.t, "billed",
                               "authentication_international"), 1);
    assert_int_equal(t_counted(&s.t, "statuses", "applied"), 2);
    assert_int_equal(t_counted(&s.t, "statuses", "repeated"), 1);

    e1.has_code = e2.has_code = 1;
    e1.code = 131049;
    e2.code = 131026;
    errors[0] = &e1;
    errors[1] = &e2;
    failed.errors = errors;
    failed.n_errors = 2;
    tells(&s, &failed, "failed", s.id);
    tells(&s, &failed, "failed", s.id);
    m = t_message(&s.t, 1);
    assert_int_equal(m->n_errors, 2);
    assert_int_equal(m->error->code, 131049);
    t_close(&s.t);
}


static void
what_is_free_is_counted_apart(void **state)
{
    sent_t              s;
    Pl__DeliveryStatus  in = PL__DELIVERY_STATUS__INIT;

    (void) state;
    begin(&s);
    in.pricing_type = (char *) "free_customer_service";
    in.pricing_category = (char *) "not invented yet";
    in.has_billable = 1;
    in.billable = 1;
    tells(&s, &in, "sent", s.id);
    assert_int_equal(t_counted(&s.t, "free", "other"), 1);
    assert_int_equal(t_counted(&s.t, "billed", "other"), 0);
    t_close(&s.t);
}


/* In a group each member has facts of their own; the highest is the state. */

static void
a_group_keeps_each_members_facts(void **state)
{
    char                   phone[32];
    sent_t                 s;
    unsigned               i;
    Pl__Message           *m;
    Pl__DeliveryStatus     in = PL__DELIVERY_STATUS__INIT;

    (void) state;
    begin(&s);
    in.has_is_group = 1;
    in.is_group = 1;
    in.recipient = (char *) "Y2FwaV9ncm91cDox";
    in.pricing_category = (char *) "group_utility";

    in.participant = (char *) "34600000001";
    tells(&s, &in, "read", s.id);
    in.participant = (char *) "34600000002";
    tells(&s, &in, "sent", s.id);
    in.participant_user_id = (char *) "ES.2";
    tells(&s, &in, "delivered", s.id);
    tells(&s, &in, "delivered", s.id);

    m = t_message(&s.t, 1);
    assert_int_equal(m->state, READ);
    assert_int_equal(m->n_participants, 2);
    assert_string_equal(m->participants[0]->phone, "34600000001");
    assert_int_equal(m->participants[0]->state, READ);
    assert_int_equal(m->participants[0]->n_facts, 1);
    assert_string_equal(m->participants[1]->user_id, "ES.2");
    assert_int_equal(m->participants[1]->state, DELIVERED);
    assert_int_equal(m->participants[1]->n_facts, 2);
    assert_int_equal(t_counted(&s.t, "statuses", "applied"), 3);
    assert_int_equal(t_counted(&s.t, "statuses", "repeated"), 1);
    assert_int_equal(t_counted(&s.t, "billed", "group_utility"), 2);

    /* past the limit a member is not kept apart; the message still is */

    in.participant_user_id = NULL;
    in.participant = phone;

    for (i = 3; i <= 65; i++) {
        (void) snprintf(phone, sizeof(phone), "346000001%02u", i);
        tells(&s, &in, "sent", s.id);
    }

    m = t_message(&s.t, 1);
    assert_int_equal(m->n_participants, 64);
    assert_int_equal(m->state, READ);
    t_close(&s.t);
}


/* A status that echoes nothing waits for the answer that names its id. */

static void
a_parked_status_is_picked_up_by_the_answer(void **state)
{
    sent_t              s;
    Pl__Message        *m;
    Pl__DeliveryStatus  in = PL__DELIVERY_STATUS__INIT;
    Pl__DeliveryStatus  other = PL__DELIVERY_STATUS__INIT;

    (void) state;
    begin(&s);
    in.pricing_type = (char *) "regular";
    in.pricing_category = (char *) "marketing";
    tells(&s, &in, "sent", 0);
    tells(&s, &in, "delivered", 0);
    tells(&s, &in, "delivered", 0);
    other.provider_id = (char *) "wamid.STRANGE";
    tells(&s, &other, "read", 4711);
    assert_int_equal(t_rows(&s.t, PL_TABLE_PARKED), 2);
    assert_int_equal(t_rows(&s.t, PL_TABLE_PROVIDER_IDS), 2);
    assert_int_equal(t_counted(&s.t, "statuses", "parked"), 3);
    assert_int_equal(t_counted(&s.t, "statuses", "repeated"), 1);

    t_pass(&s.t, 5000);
    t_result(&s.t, s.effect, s.epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_rows(&s.t, PL_TABLE_PARKED), 1);
    assert_int_equal(t_rows(&s.t, PL_TABLE_PROVIDER_IDS), 1);
    m = t_message(&s.t, 1);
    assert_int_equal(m->state, DELIVERED);
    assert_int_equal(m->n_facts, 2);
    assert_int_equal(m->facts[0]->time_s, T_NOW / 1000);
    assert_int_equal(t_counted(&s.t, "billed", "marketing"), 1);
    t_close(&s.t);
}


static void
prune(sent_t *s, uint32_t rows)
{
    Pl__Prune    in = PL__PRUNE__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    in.before_ms = 0;
    in.rows = rows;
    command.of_case = PL__COMMAND__OF_PRUNE;
    command.prune = &in;
    (void) t_append(&s->t, &command, NULL);
    t_fold(&s->t);
}


static void
what_stays_parked_is_dropped_and_counted(void **state)
{
    char                id[32];
    int                 i;
    sent_t              s;
    Pl__DeliveryStatus  in = PL__DELIVERY_STATUS__INIT;

    (void) state;
    begin(&s);
    in.provider_id = id;

    for (i = 0; i < 5; i++) {
        (void) snprintf(id, sizeof(id), "wamid.%d", i);
        tells(&s, &in, "sent", 0);
        tells(&s, &in, "read", 0);
    }

    t_pass(&s.t, PL_PARKED_KEEP_MS);
    prune(&s, 100);
    assert_int_equal(t_rows(&s.t, PL_TABLE_PARKED), 5);
    t_pass(&s.t, 1000);
    prune(&s, 3);
    assert_int_equal(t_rows(&s.t, PL_TABLE_PARKED), 2);
    prune(&s, 100);
    assert_int_equal(t_rows(&s.t, PL_TABLE_PARKED), 0);
    assert_int_equal(t_rows(&s.t, PL_TABLE_PROVIDER_IDS), 0);
    assert_int_equal(t_counted(&s.t, "statuses", "dropped"), 10);
    t_close(&s.t);
}


/* At the limit of one id's statuses, and one past it. */

static void
an_id_has_a_limit_of_parked_statuses(void **state)
{
    char                phone[32];
    unsigned            i;
    sent_t              s;
    Pl__ParkedStatus   *row;
    Pl__DeliveryStatus  in = PL__DELIVERY_STATUS__INIT;

    (void) state;
    begin(&s);
    in.participant = phone;

    for (i = 0; i <= PL_PARKED_STATUSES_MAX; i++) {
        (void) snprintf(phone, sizeof(phone), "346000001%02u", i);
        tells(&s, &in, "sent", 0);
    }

    row = (Pl__ParkedStatus *) t_row(&s.t, PL_TABLE_PARKED, 0,
                                     &pl__parked_status__descriptor);
    assert_int_equal(row->n_statuses, PL_PARKED_STATUSES_MAX);
    assert_int_equal(t_counted(&s.t, "statuses", "parked"),
                     PL_PARKED_STATUSES_MAX);
    t_close(&s.t);
}


/* A provider that says far too much costs its words and nothing else. */

static void
a_text_without_end_is_left_out(void **state)
{
    char                *text;
    sent_t               s;
    Pl__Message         *m;
    Pl__MessageError     error = PL__MESSAGE_ERROR__INIT, *errors[1];
    Pl__ParkedStatus    *row;
    Pl__DeliveryStatus   in = PL__DELIVERY_STATUS__INIT;

    (void) state;
    begin(&s);
    text = pl_arena_zalloc(s.t.ar, 2 * 1024 * 1024 + 1);
    assert_non_null(text);
    memset(text, 'x', 2 * 1024 * 1024);
    error.has_code = 1;
    error.code = 131026;
    error.details = text;
    errors[0] = &error;
    in.errors = errors;
    in.n_errors = 1;
    tells(&s, &in, "failed", s.id);
    m = t_message(&s.t, 1);
    assert_int_equal(m->error->code, 131026);
    assert_null(m->error->details);

    text[2048] = '\0';
    error.code = 131049;
    tells(&s, &in, "failed", s.id);
    assert_int_equal(strlen(t_message(&s.t, 1)->errors[1]->details), 2048);

    text[2048] = 'x';
    tells(&s, &in, "failed", 0);
    row = (Pl__ParkedStatus *) t_row(&s.t, PL_TABLE_PARKED, 0,
                                     &pl__parked_status__descriptor);
    assert_int_equal(row->n_statuses, 1);
    assert_int_equal(row->statuses[0]->n_errors, 0);
    t_close(&s.t);
}


/* At the limit of ids, and one past it: the rows are made up beforehand. */

static void
parked_ids_have_a_limit(void **state)
{
    sent_t              s;
    uint32_t            i;
    pl_key_t            key;
    pl_txn_t           *txn;
    Pl__ParkedStatus    row = PL__PARKED_STATUS__INIT;
    Pl__DeliveryStatus  in = PL__DELIVERY_STATUS__INIT;

    (void) state;
    begin(&s);
    t_ok(&s.t, pl_store_begin(s.t.st, PL_ENV_STATE, true, &txn, &s.t.err));

    for (i = 0; i < PL_PARKED_ROWS_MAX - 1; i++) {
        key.len = 0;
        key.overflow = false;
        pl_key_u32(&key, 1);
        pl_key_u64(&key, 0);
        pl_key_u64(&key, i);
        row.tenant = row.channel = 1;
        t_ok(&s.t, pl_record_put(txn, PL_TABLE_PARKED, pl_key_str(&key),
                                 &row.base, true, &s.t.err));
    }

    t_ok(&s.t, pl_store_commit(txn, &s.t.err));

    in.provider_id = (char *) "wamid.1";
    tells(&s, &in, "sent", 0);
    assert_int_equal(t_rows(&s.t, PL_TABLE_PARKED), PL_PARKED_ROWS_MAX);
    in.provider_id = (char *) "wamid.2";
    tells(&s, &in, "sent", 0);
    assert_int_equal(t_rows(&s.t, PL_TABLE_PARKED), PL_PARKED_ROWS_MAX);
    assert_int_equal(t_counted(&s.t, "statuses", "dropped"), 1);
    t_close(&s.t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(any_order_of_answer_and_status_ends_once),
        cmocka_unit_test(a_thousand_sends_all_end_in_read),
        cmocka_unit_test(the_rank_decides_in_every_order),
        cmocka_unit_test(failed_outranks_sent_and_yields_to_delivered),
        cmocka_unit_test(a_price_counts_once),
        cmocka_unit_test(what_is_free_is_counted_apart),
        cmocka_unit_test(a_group_keeps_each_members_facts),
        cmocka_unit_test(a_parked_status_is_picked_up_by_the_answer),
        cmocka_unit_test(what_stays_parked_is_dropped_and_counted),
        cmocka_unit_test(an_id_has_a_limit_of_parked_statuses),
        cmocka_unit_test(a_text_without_end_is_left_out),
        cmocka_unit_test(parked_ids_have_a_limit),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
