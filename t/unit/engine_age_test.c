/*
 * Retention: what was said goes when its tenant's period is over, not a
 * millisecond before, with notes, words of the search and files that nobody
 * else has; what has yet to leave stays; who was silent for long enough is
 * forgotten as if they had asked for it.
 */

#include "erase.h"
#include "inbox.h"

#include "../../src/engine/age.h"
#include "../../src/engine/words.h"
#include "../../src/engine/words_find.h"

#define KEEP_DAYS  10


static Pl__Keep            keep;
static Pl__TenantSettings  tenant;


/* The tenant keeps both for so many days; 0: for ever; -1: says nothing. */

static void
keeps(t_engine_t *t, int messages, int contacts)
{
    pl_appended_t    out;
    static uint64_t  generation;

    pl__keep__init(&keep);
    pl__tenant_settings__init(&tenant);
    keep.has_messages_ms = messages >= 0;
    keep.messages_ms = messages * DAY_MS;
    keep.has_contacts_ms = contacts >= 0;
    keep.contacts_ms = contacts * DAY_MS;
    tenant.keep = &keep;
    t->tenant = &tenant;

    t_ok(t, t_publish(t, ++generation, T_FLOW, "main", &out));
    t_fold(t);
}


/* A Prune; and what it began, so many rows a step. How many steps. */

static unsigned
passes(t_engine_t *t, uint32_t rows)
{
    prunes(t);

    return go_on(t, rows);
}


static void
indexes(t_engine_t *t)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__IndexWords  in = PL__INDEX_WORDS__INIT;

    in.rows = PL_WORDS_ROWS_MAX;
    command.of_case = PL__COMMAND__OF_INDEX_WORDS;
    command.index_words = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static size_t
found(t_engine_t *t, const char *text)
{
    pl_txn_t       *txn;
    pl_find_t       find;
    pl_found_t      found;
    Pl__StateMeta  *meta;

    memset(&find, 0, sizeof(find));
    find.tenant = 1;
    find.limit = PL_FIND_MAX;
    find.text = text;
    find.direction = PL__DIRECTION__DIRECTION_IN;
    txn = t_read(t);
    t_ok(t, pl_state_meta(txn, t->ar, &meta, &t->err));
    t_ok(t, pl_words_find(txn, t->ar, meta, &find, &found, &t->err));
    pl_store_abort(txn);

    return found.n;
}


/* All that waits leaves, and is answered. */

static void
sends(t_engine_t *t)
{
    size_t    i, n, round;
    uint64_t  epoch, effects[64];

    epoch = t_sender(t, true, NULL);

    for (round = 0; t_rows(t, PL_TABLE_OUTBOX) != 0; round++) {
        assert_true(round < 20);        /* a queue's head each */
        n = t_attempt(t, epoch, effects);

        for (i = 0; i < n; i++) {
            t_result(t, effects[i], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
        }
    }
}


static void
consents(t_engine_t *t, const char *phone, Pl__ConsentState state)
{
    Pl__Address     address = PL__ADDRESS__INIT;
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__ConsentSet  in = PL__CONSENT_SET__INIT;

    address.kind = PHONE;
    address.value = (char *) phone;
    in.tenant = 1;
    in.address = &address;
    in.category = (char *) PL_CONSENT_MARKETING;
    in.state = state;
    in.source = (char *) "call";
    in.actor = (char *) "maria";
    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static unsigned
blank(t_engine_t *t)
{
    unsigned      i, n;
    Pl__Message  *m;

    for (i = 0, n = 0; (m = t_message(t, i)) != NULL; i++) {
        n += m->has_erased != 0;

        if (m->has_erased) {
            assert_string_equal(m->content->type, "erased");
            assert_null(m->address);
            assert_null(m->provider_id);
        }
    }

    return n;
}


static Pl__Aging *
aging(t_engine_t *t, unsigned i)
{
    return (Pl__Aging *) t_row(t, PL_TABLE_AGING, i, &pl__aging__descriptor);
}


static void
notes(t_engine_t *t, uint64_t party, const char *text)
{
    Pl__Command  command = PL__COMMAND__INIT;
    Pl__NoteAdd  in = PL__NOTE_ADD__INIT;

    in.tenant = 1;
    in.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    in.party = party;
    in.text = (char *) text;
    in.actor = (char *) "maria";
    command.of_case = PL__COMMAND__OF_NOTE_ADD;
    command.note_add = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
what_was_said_goes_and_people_stay(void **state)
{
    uint64_t      steps;
    t_engine_t    t;

    (void) state;
    t_open(&t);
    keeps(&t, KEEP_DAYS, -1);
    talk(&t);
    sends(&t);
    notes(&t, leads(&t, PHONE, ANA), "likes tea");
    indexes(&t);
    assert_int_equal(found(&t, SECRET), 1);

    t_pass(&t, KEEP_DAYS * DAY_MS - 5000);
    t_text(&t, BOB, "wamid.B2", t.wall_ms / 1000, "bob-is-back");
    t_fold(&t);
    notes(&t, leads(&t, PHONE, BOB), "likes coffee");
    assert_int_equal(passes(&t, 1000), 1);
    assert_int_equal(blank(&t), 0);

    t_pass(&t, DAY_MS);
    steps = passes(&t, 1);              /* it can be killed after any row */
    assert_true(steps > 6);
    assert_int_equal(blank(&t), 6);
    assert_int_equal(t_counted(&t, "privacy", "aged"), 6);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASURES), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_TOMBSTONES), 0);
    assert_int_equal(found(&t, SECRET), 0);
    assert_int_equal(found(&t, "bob-says-this"), 0);
    assert_int_equal(found(&t, "bob-is-back"), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_NOTES), 1);
    assert_false(of(&t, leads(&t, PHONE, ANA))->has_notes);
    assert_int_equal(of(&t, leads(&t, PHONE, BOB))->notes, 1);
    assert_true(has_address(&t, ANA));
    assert_null(contact(&t, 0)->has_erased_ms ? "erased" : NULL);
    (void) t_ctl_is(&t, "check", 0);

    /* they write again, and have the conversation that they had */

    t_text(&t, ANA, "wamid.A9", t.wall_ms / 1000, "me-again");
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 2);
    assert_int_equal(of(&t, leads(&t, PHONE, ANA))->messages, 6);
    (void) t_ctl_is(&t, "check", 0);
    t_close(&t);
}


/* By the entry's time, and to the millisecond. */

static void
a_period_ends_exactly(void **state)
{
    int64_t     said_ms;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    keeps(&t, KEEP_DAYS, -1);
    t_text(&t, ANA, "wamid.A1", t.wall_ms / 1000, "hello");
    t_fold(&t);
    sends(&t);
    said_ms = t_message(&t, 0)->time_ms;

    t.wall_ms = said_ms + KEEP_DAYS * DAY_MS - 1;
    (void) passes(&t, 1000);
    assert_int_equal(blank(&t), 0);
    assert_int_equal(aging(&t, 0)->place,
                     of(&t, leads(&t, PHONE, ANA))->newest[0]);

    t.wall_ms += DAY_MS - 1;            /* the next pass is not due */
    assert_int_equal(passes(&t, 1000), 0);
    t.wall_ms += 1;
    (void) passes(&t, 1000);
    assert_int_equal(blank(&t), 2);
    t_close(&t);

    t_open(&t);
    keeps(&t, KEEP_DAYS, -1);
    t_text(&t, ANA, "wamid.A1", t.wall_ms / 1000, "hello");
    t_fold(&t);
    said_ms = t_message(&t, 0)->time_ms;
    t.wall_ms = said_ms + KEEP_DAYS * DAY_MS;
    (void) passes(&t, 1000);
    assert_int_equal(blank(&t), 1);     /* the other one waits to be sent */
    t_close(&t);
}


static void
what_has_yet_to_leave_stays(void **state)
{
    t_engine_t  t;

    (void) state;
    t_open(&t);
    keeps(&t, KEEP_DAYS, -1);
    talk(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 3);

    t_pass(&t, (KEEP_DAYS + 1) * DAY_MS);
    (void) passes(&t, 1000);
    assert_int_equal(blank(&t), 3);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 3);

    /* behind the first of them nothing is looked at twice; it is, though */

    sends(&t);
    t_pass(&t, DAY_MS);
    (void) passes(&t, 1000);
    assert_int_equal(blank(&t), 6);
    (void) t_ctl_is(&t, "check", 0);
    t_close(&t);
}


/* A dead letter of a message that says nothing cannot be sent again. */

static void
dead_letters_go_with_their_messages(void **state)
{
    uint64_t    epoch, effects[64];
    t_engine_t  t;

    (void) state;
    t_open(&t);
    keeps(&t, KEEP_DAYS, -1);
    talk(&t);
    epoch = t_sender(&t, true, NULL);
    assert_int_equal(t_attempt(&t, epoch, effects), 2);
    t_result(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_PERMANENT, 0);
    t_result(&t, effects[1], epoch, PL__OUTCOME__OUTCOME_UNKNOWN, 0);
    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_UNKNOWN), 1);

    t_pass(&t, (KEEP_DAYS + 1) * DAY_MS);
    (void) passes(&t, 1);
    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_UNKNOWN), 0);
    (void) t_ctl_is(&t, "check", 0);
    t_close(&t);
}


/* Its older messages are behind the place that the period has come to. */

static void
who_comes_to_a_period_is_not_passed_over(void **state)
{
    t_engine_t  t;

    (void) state;
    t_open(&t);
    keeps(&t, 30, -1);
    talk(&t);
    sends(&t);
    t_pass(&t, 15 * DAY_MS);
    (void) passes(&t, 1000);
    assert_int_equal(t_rows(&t, PL_TABLE_AGING), 1);
    assert_int_equal(blank(&t), 0);

    keeps(&t, KEEP_DAYS, -1);
    (void) passes(&t, 1000);
    assert_int_equal(blank(&t), 6);
    assert_int_equal(t_rows(&t, PL_TABLE_AGING), 1);

    /* none, and back: what came meanwhile */

    keeps(&t, 0, -1);
    (void) passes(&t, 1000);
    t_text(&t, BOB, "wamid.B2", t.wall_ms / 1000, "bob-is-back");
    t_fold(&t);
    t_pass(&t, (KEEP_DAYS + 2) * DAY_MS);
    assert_int_equal(passes(&t, 1000), 0);
    assert_int_equal(blank(&t), 6);
    keeps(&t, KEEP_DAYS, -1);
    (void) passes(&t, 1000);
    assert_int_equal(blank(&t), 7);
    t_close(&t);
}


/* What a tenant says holds for it; else what nginx.conf says for all. */

static void
a_tenant_has_its_own(void **state)
{
    t_engine_t           t;
    Pl__Keep             all = PL__KEEP__INIT;
    const pl_settings_t  *s;

    (void) state;
    t_open(&t);
    all.has_messages_ms = 1;
    all.messages_ms = 20 * DAY_MS;
    t.keep = &all;

    keeps(&t, -1, -1);
    s = pl_fold_settings(t.fold);
    assert_int_equal(pl_age_keep(s, 1, PL_AGE_MESSAGES), 20 * DAY_MS);
    assert_int_equal(pl_age_keep(s, 1, PL_AGE_CONTACTS), 0);
    keeps(&t, 3, 5);
    s = pl_fold_settings(t.fold);
    assert_int_equal(pl_age_keep(s, 1, PL_AGE_MESSAGES), 3 * DAY_MS);
    assert_int_equal(pl_age_keep(s, 1, PL_AGE_CONTACTS), 5 * DAY_MS);
    keeps(&t, 0, -1);
    s = pl_fold_settings(t.fold);
    assert_int_equal(pl_age_keep(s, 1, PL_AGE_MESSAGES), 0);
    assert_int_equal(pl_age_keep(s, 99, PL_AGE_MESSAGES), 20 * DAY_MS);
    t_close(&t);
}


static void
who_was_silent_is_forgotten(void **state)
{
    unsigned       i, n;
    t_engine_t     t;
    Pl__Erasure   *e;
    Pl__AuditEvent *event;

    (void) state;
    t_open(&t);
    keeps(&t, -1, KEEP_DAYS);
    talk(&t);
    sends(&t);

    t_pass(&t, (KEEP_DAYS - 1) * DAY_MS);
    t_text(&t, BOB, "wamid.B2", t.wall_ms / 1000, "bob-is-back");
    t_fold(&t);
    sends(&t);
    t_pass(&t, 2 * DAY_MS);
    (void) passes(&t, 1);

    assert_false(has_address(&t, ANA));
    assert_true(has_address(&t, BOB));
    assert_int_equal(blank(&t), 4);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASURES), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_TOMBSTONES), 1);
    e = (Pl__Erasure *) t_row(&t, PL_TABLE_ERASURES, 0,
                              &pl__erasure__descriptor);
    assert_string_equal(e->basis, "retention");

    for (i = 0, n = 0; i < t_rows(&t, PL_TABLE_AUDIT); i++) {
        event = (Pl__AuditEvent *) t_row(&t, PL_TABLE_AUDIT, i,
                                         &pl__audit_event__descriptor);
        n += event->kind == PL__AUDIT_KIND__AUDIT_KIND_ERASED;
    }

    assert_int_equal(n, 2);             /* begun, and done */
    (void) t_ctl_is(&t, "check", 0);

    /* again: who is forgotten is not forgotten once more */

    t_pass(&t, DAY_MS);
    (void) passes(&t, 1000);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASURES), 1);
    t_close(&t);
}


/* One had said no, one yes, one nothing: each comes back as they went. */

static void
each_has_their_own_consent(void **state)
{
    unsigned      i;
    t_engine_t    t;
    Pl__Consent  *consent;

    static const struct {
        const char       *phone;
        Pl__ConsentState  state;
    } people[] = {
        { "34600000011", PL__CONSENT_STATE__CONSENT_STATE_GRANTED },
        { "34600000012", PL__CONSENT_STATE__CONSENT_STATE_REVOKED },
        { "34600000013", PL__CONSENT_STATE__CONSENT_STATE_UNKNOWN },
    };

    (void) state;
    t_open(&t);
    keeps(&t, -1, KEEP_DAYS);

    for (i = 0; i < PL_COUNT(people); i++) {
        says(&t, people[i].phone, NULL, people[i].phone, "hello");

        if (people[i].state != PL__CONSENT_STATE__CONSENT_STATE_UNKNOWN) {
            consents(&t, people[i].phone, people[i].state);
        }
    }

    sends(&t);
    t_pass(&t, (KEEP_DAYS + 1) * DAY_MS);
    (void) passes(&t, 1000);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASURES), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_TOMBSTONES), 3);

    for (i = 0; i < PL_COUNT(people); i++) {
        says(&t, people[i].phone, NULL, people[i].phone + 1, "back");
        consent = pl_contact_consent_row(contact(&t, 3 + i),
                                         PL_CONSENT_MARKETING);
        assert_int_equal(consent != NULL
                         && consent->state
                            == PL__CONSENT_STATE__CONSENT_STATE_REVOKED,
                         people[i].state
                         == PL__CONSENT_STATE__CONSENT_STATE_REVOKED);
    }

    t_close(&t);
}


/* What was said since it is silent, and comes late, is no ghost's. */

static void
what_comes_late_is_taken(void **state)
{
    t_engine_t  t;

    (void) state;
    t_open(&t);
    keeps(&t, -1, KEEP_DAYS);
    talk(&t);
    sends(&t);
    t_pass(&t, (KEEP_DAYS + 1) * DAY_MS);
    (void) passes(&t, 1000);
    assert_false(has_address(&t, ANA));

    t_text(&t, ANA, "wamid.A8", t.wall_ms / 1000 - 3600, "an hour ago");
    t_fold(&t);
    assert_true(has_address(&t, ANA));
    assert_int_equal(t_counted(&t, "privacy", "late"), 0);

    t_text(&t, BOB, "wamid.B8",
           (t.wall_ms - (KEEP_DAYS + 1) * DAY_MS) / 1000, "of before");
    t_fold(&t);
    assert_false(has_address(&t, BOB));
    assert_int_equal(t_counted(&t, "privacy", "late"), 1);
    t_close(&t);
}


/* Who is to be reminded in a month is not silent until a period after it. */

static void
who_is_waited_for_stays(void **state)
{
    Pl__Command      command = PL__COMMAND__INIT;
    t_engine_t       t;
    Pl__Address      to = PL__ADDRESS__INIT;
    Pl__Content      content = PL__CONTENT__INIT;
    Pl__Text         text = PL__TEXT__INIT;
    Pl__SendRequest  in = PL__SEND_REQUEST__INIT;
    uint8_t          key[PL_REQUEST_KEY_LEN] = { 77 };

    (void) state;
    t_open(&t);
    keeps(&t, KEEP_DAYS, KEEP_DAYS);
    talk(&t);
    sends(&t);

    to.kind = PHONE;
    to.value = (char *) ANA;
    text.body = (char *) "see you tomorrow";
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    in.tenant = 1;
    in.channel = 1;
    in.key.data = key;
    in.key.len = sizeof(key);
    in.address = &to;
    in.content = &content;
    in.has_at_ms = 1;
    in.at_ms = t.wall_ms + 30 * DAY_MS;
    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &in;
    (void) t_append(&t, &command, NULL);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_TIMERS), 1);

    t_pass(&t, 29 * DAY_MS);
    (void) passes(&t, 1000);
    (void) passes(&t, 1000);
    assert_true(has_address(&t, ANA));
    assert_false(has_address(&t, BOB));
    assert_int_equal(blank(&t), 6);
    assert_int_equal(t_rows(&t, PL_TABLE_TIMERS), 1);
    (void) t_ctl_is(&t, "check", 0);

    /* it is as old as its time, not as its request */

    t_pass(&t, 10 * DAY_MS);
    (void) passes(&t, 1000);
    (void) passes(&t, 1000);
    assert_true(has_address(&t, ANA));
    assert_int_equal(blank(&t), 6);
    t_close(&t);
}


/* And who writes in groups alone. */

static void
who_writes_in_a_group_is_not_silent(void **state)
{
    int         day;
    char        item[512];
    t_engine_t  t;

    (void) state;
    t_open(&t);
    keeps(&t, -1, KEEP_DAYS);
    talk(&t);
    sends(&t);

    for (day = 1; day <= KEEP_DAYS + 2; day++) {
        t_pass(&t, DAY_MS);
        (void) snprintf(item, sizeof(item),
            "{\"from\":\"" ANA "\",\"group_id\":\"Y2FwaV9ncm91cDox\","
            "\"id\":\"wamid.G%d\",\"timestamp\":\"%" PRId64 "\","
            "\"type\":\"text\",\"text\":{\"body\":\"hi\"}}", day,
            t.wall_ms / 1000);
        (void) t_items(&t, "messages", item);
        t_fold(&t);
    }

    (void) passes(&t, 1000);
    assert_true(has_address(&t, ANA));
    assert_false(has_address(&t, BOB));
    (void) t_ctl_is(&t, "check", 0);
    t_close(&t);
}


/* More than one erasure has room for: pass after pass of them. */

static void
many_are_silent(void **state)
{
    unsigned    i;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    keeps(&t, -1, KEEP_DAYS);

    for (i = 0; i < 100; i++) {
        hears(&t, i, "hello");
    }

    sends(&t);
    t_pass(&t, (KEEP_DAYS + 1) * DAY_MS);
    (void) passes(&t, 1000);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASURES), 3);
    assert_int_equal(t_rows(&t, PL_TABLE_ADDRESSES), 0);
    (void) t_ctl_is(&t, "check", 0);
    t_close(&t);
}


/* Sealed: the words' keys are retired, and a copy of before has none. */

static void
a_sealed_index_forgets(void **state)
{
    char        copy[256];
    t_engine_t  t;

    (void) state;
    t_open(&t);
    sealing(&t);
    keeps(&t, KEEP_DAYS, -1);
    talk(&t);
    sends(&t);
    indexes(&t);
    (void) snprintf(copy, sizeof(copy), "%s/copy.mdb", t.dir);
    t_ok(&t, pl_store_copy(t.st, PL_ENV_STATE, copy, false, &t.err));

    t_pass(&t, (KEEP_DAYS + 1) * DAY_MS);
    (void) passes(&t, 1000);
    assert_int_equal(blank(&t), 6);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    (void) t_ctl_is(&t, "check", 0);

    restored(&t);
    assert_int_equal(found(&t, SECRET), 0);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_was_said_goes_and_people_stay),
        cmocka_unit_test(a_period_ends_exactly),
        cmocka_unit_test(what_has_yet_to_leave_stays),
        cmocka_unit_test(dead_letters_go_with_their_messages),
        cmocka_unit_test(who_comes_to_a_period_is_not_passed_over),
        cmocka_unit_test(a_tenant_has_its_own),
        cmocka_unit_test(who_was_silent_is_forgotten),
        cmocka_unit_test(each_has_their_own_consent),
        cmocka_unit_test(what_comes_late_is_taken),
        cmocka_unit_test(who_is_waited_for_stays),
        cmocka_unit_test(who_writes_in_a_group_is_not_silent),
        cmocka_unit_test(many_are_silent),
        cmocka_unit_test(a_sealed_index_forgets),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
