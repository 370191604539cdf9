/*
 * The engine: what comes from WhatsApp's own app on the same number, and
 * what the provider says of a channel. None of it is ever answered.
 */

#include "people.h"

#define T_ECHO(to, id, more)                                                  \
    "{\"from\":\"15550001111\",\"to\":\"" to "\",\"id\":\"" id "\","          \
    "\"timestamp\":\"1759999990\"," more "}"
#define T_TEXT(text)  "\"type\":\"text\",\"text\":{\"body\":\"" text "\"}"


/* A change of one field, on the account given. */

static uint64_t
t_count(t_engine_t *t, const char *metric, const char *label)
{
    uint64_t     n = 0;
    pl_key_t     key;
    pl_txn_t    *txn = t_read(t);
    pl_status_t  rc;

    pl_key_counter(&key, 1, metric, (uint32_t) (t->wall_ms / 86400000),
                   label);
    rc = pl_record_get_u64(txn, PL_TABLE_COUNTERS, pl_key_str(&key), &n,
                           &t->err);
    assert_true(rc == PL_OK || rc == PL_NOTFOUND);
    pl_store_abort(txn);

    return n;
}


static Pl__Conversation *
t_conversation(t_engine_t *t)
{
    return (Pl__Conversation *) t_row(t, PL_TABLE_CONVERSATIONS, 0,
                                      &pl__conversation__descriptor);
}


static Pl__Contact *
t_contact(t_engine_t *t, unsigned i)
{
    return (Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, i,
                                 &pl__contact__descriptor);
}


static void
an_echo_is_a_persons_message(void **state)
{
    int                i;
    t_engine_t         t;
    Pl__Message       *m;
    Pl__Conversation  *conv;

    (void) state;
    t_open(&t);
    t_configure(&t);

    for (i = 0; i < 3; i++) {
        t_change(&t, "smb_message_echoes", T_ACCOUNT, "\"message_echoes\":["
                 T_ECHO("34600000001", "wamid.E", T_TEXT("Hello")) "]");
        t_pass(&t, 1000);
    }

    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_TIMERS), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_QUARANTINE), 0);
    assert_int_equal(t_count(&t, "messages", "echo"), 1);
    assert_int_equal(t_count(&t, "duplicates", ""), 2);

    m = t_message(&t, 0);
    assert_int_equal(m->direction, PL__DIRECTION__DIRECTION_OUT);
    assert_true(m->has_by_person && m->by_person);
    assert_false(m->has_history);
    assert_int_equal(m->state, PL__MESSAGE_STATE__MESSAGE_STATE_SENT);
    assert_string_equal(m->content->text->body, "Hello");
    assert_string_equal(m->address->value, "34600000001");
    assert_true(m->provider_time_s == 1759999990);

    conv = t_conversation(&t);
    assert_int_equal(conv->n_windows, 0);
    assert_int_equal(conv->unread, 0);
    assert_false(conv->has_last_in_ms);
    assert_true(conv->last_out_ms == T_NOW);
    assert_null(conv->flow);
    t_close(&t);
}


static void
history_changes_nothing_of_now(void **state)
{
    t_engine_t         t;
    Pl__Message       *m;
    Pl__Conversation  *conv;

    (void) state;
    t_open(&t);
    t_configure(&t);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000 - 5, "Hello");
    t_fold(&t);
    t_pass(&t, 60000);

    t_change(&t, "history", T_ACCOUNT, "\"history\":[{\"threads\":[{\"id\":"
             "\"34600000001\",\"messages\":[{\"from\":\"34600000001\",\"id\":"
             "\"wamid.H1\",\"timestamp\":\"1750000000\"," T_TEXT("hello")
             "},{\"from\":\"15550001111\",\"to\":\"34600000001\",\"id\":"
             "\"wamid.H2\",\"timestamp\":\"1750000001\",\"history_context\":"
             "{\"status\":\"READ\"}," T_TEXT("hi") "}]}]}]");

    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 4);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 1);
    assert_int_equal(t_count(&t, "messages", "history"), 2);
    assert_int_equal(t_count(&t, "messages", "in"), 1);

    m = t_message(&t, 2);
    assert_int_equal(m->direction, PL__DIRECTION__DIRECTION_IN);
    assert_int_equal(m->state, PL__MESSAGE_STATE__MESSAGE_STATE_RECEIVED);
    assert_true(m->has_history && m->history);
    assert_false(m->has_by_person);
    m = t_message(&t, 3);
    assert_int_equal(m->direction, PL__DIRECTION__DIRECTION_OUT);
    assert_int_equal(m->state, PL__MESSAGE_STATE__MESSAGE_STATE_READ);
    assert_true(m->history && m->by_person);

    conv = t_conversation(&t);
    assert_int_equal(conv->messages, 4);
    assert_int_equal(conv->unread, 1);
    assert_int_equal(conv->n_windows, 1);
    assert_true(conv->windows[0]->until_ms == T_NOW - 5000 + 86400000);
    assert_true(conv->last_in_ms == T_NOW);
    assert_true(conv->last_out_ms == T_NOW);

    /* the same chunk again, days later, by the day that it came on */

    t_pass(&t, 5LL * 86400 * 1000);
    t_change(&t, "history", T_ACCOUNT, "\"history\":[{\"threads\":[{\"id\":"
             "\"34600000001\",\"messages\":[{\"from\":\"34600000001\",\"id\":"
             "\"wamid.H1\",\"timestamp\":\"1750000000\"," T_TEXT("hello")
             "}]}]}]");
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 4);
    t_close(&t);
}


/* The newest of the history first, as the provider may send it. */

static void
who_refused_in_the_past_has_refused(void **state)
{
    t_engine_t          t;
    const Pl__Consent  *row;

    (void) state;
    t_open(&t);
    t_configure(&t);

    t_change(&t, "history", T_ACCOUNT, "\"history\":[{\"threads\":[{\"id\":"
             "\"34600000001\",\"messages\":[{\"from\":\"34600000001\",\"id\":"
             "\"wamid.H3\",\"timestamp\":\"1750000002\"," T_TEXT("thanks")
             "},{\"from\":\"34600000001\",\"id\":"
             "\"wamid.H2\",\"timestamp\":\"1750000001\"," T_TEXT("STOP")
             "}]},{\"id\":\"34600000002\",\"messages\":["
             "{\"from\":\"15550001111\",\"to\":\"34600000002\",\"id\":"
             "\"wamid.H1\",\"timestamp\":\"1750000000\",\"history_context\":"
             "{\"status\":\"READ\"}," T_TEXT("stop") "}]}]}]");

    row = pl_contact_consent_row(t_contact(&t, 0), PL_CONSENT_MARKETING);
    assert_non_null(row);
    assert_int_equal(row->state, PL__CONSENT_STATE__CONSENT_STATE_REVOKED);
    assert_int_equal(row->time_s, 1750000001);
    assert_false(row->confirmed);
    assert_string_equal(row->word, "stop");
    assert_true(row->has_message && row->message != 0);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_count(&t, "consents", "stop"), 1);

    /* what the business wrote is nobody's refusal */

    assert_null(pl_contact_consent_row(t_contact(&t, 1),
                                       PL_CONSENT_MARKETING));

    /* a word of now is newer, and one of before it changes nothing */

    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000 - 5, "START");
    t_fold(&t);
    t_change(&t, "history", T_ACCOUNT, "\"history\":[{\"threads\":[{\"id\":"
             "\"34600000001\",\"messages\":[{\"from\":\"34600000001\",\"id\":"
             "\"wamid.H0\",\"timestamp\":\"1749999999\"," T_TEXT("STOP")
             "}]}]}]");

    row = pl_contact_consent_row(t_contact(&t, 0), PL_CONSENT_MARKETING);
    assert_int_equal(row->state, PL__CONSENT_STATE__CONSENT_STATE_GRANTED);
    t_close(&t);
}


/* A file of the history comes later, under the same id. */

static void
a_placeholder_is_completed(void **state)
{
    t_engine_t    t;
    Pl__Message  *m;

    (void) state;
    t_open(&t);
    t_configure(&t);

    t_change(&t, "history", T_ACCOUNT, "\"history\":[{\"threads\":[{\"id\":"
             "\"34600000001\",\"messages\":[{\"from\":\"34600000001\",\"id\":"
             "\"wamid.P1\",\"timestamp\":\"1759900000\",\"type\":"
             "\"media_placeholder\"},{\"from\":\"15550001111\",\"id\":"
             "\"wamid.P2\",\"timestamp\":\"1750000001\",\"type\":"
             "\"media_placeholder\"}]}]}]");
    assert_int_equal(t_message(&t, 0)->content->of_case,
                     PL__CONTENT__OF__NOT_SET);

    t_change(&t, "messages", T_ACCOUNT, "\"messages\":[{\"from\":"
             "\"34600000001\",\"id\":\"wamid.P1\",\"timestamp\":"
             "\"1759900000\",\"type\":\"image\",\"image\":{\"id\":\"77\"}}]");
    t_change(&t, "history", T_ACCOUNT, "\"messages\":["
             T_ECHO("34600000001", "wamid.P3", "\"type\":\"text\",\"text\":"
                    "{\"body\":\"x\"}") "," "{\"from\":\"15550001111\",\"to\":"
             "\"34600000001\",\"id\":\"wamid.P2\",\"timestamp\":"
             "\"1750000001\",\"type\":\"video\",\"video\":{\"id\":\"78\"}}]");

    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 3);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_count(&t, "history", "completed"), 2);
    m = t_message(&t, 0);
    assert_string_equal(m->content->type, "image");
    assert_string_equal(m->content->media->id, "77");
    assert_true(m->history);
    assert_string_equal(t_message(&t, 1)->content->media->id, "78");

    /* once: what is complete is a duplicate then */

    t_change(&t, "messages", T_ACCOUNT, "\"messages\":[{\"from\":"
             "\"34600000001\",\"id\":\"wamid.P1\",\"timestamp\":"
             "\"1759900000\",\"type\":\"image\",\"image\":{\"id\":\"99\"}}]");
    assert_string_equal(t_message(&t, 0)->content->media->id, "77");
    assert_int_equal(t_count(&t, "duplicates", ""), 1);
    t_close(&t);
}


static void
the_apps_address_book_names_people(void **state)
{
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_change(&t, "smb_app_state_sync", T_ACCOUNT, "\"state_sync\":["
             "{\"type\":\"contact\",\"action\":\"add\",\"contact\":{"
             "\"full_name\":\"Ana Ruiz\",\"phone_number\":\"34600000001\"}},"
             "{\"type\":\"contact\",\"action\":\"add\",\"contact\":{"
             "\"full_name\":\"Bea\",\"phone_number\":\"+34 600000002\"}},"
             "{\"type\":\"contact\",\"action\":\"remove\",\"contact\":{"
             "\"phone_number\":\"34600000001\"}},"
             "{\"type\":\"contact\",\"action\":\"remove\",\"contact\":{"
             "\"phone_number\":\"34600000003\"}}]");

    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 2);
    assert_string_equal(t_contact(&t, 0)->name, "Ana Ruiz");
    assert_string_equal(t_contact(&t, 1)->name, "Bea");
    assert_string_equal(t_contact(&t, 1)->addresses[0]->value,
                        "34600000002");
    assert_int_equal(t_count(&t, "contacts", "synced"), 2);
    assert_int_equal(t_count(&t, "contacts", "removed"), 2);
    assert_int_equal(t_rows(&t, PL_TABLE_CONVERSATIONS), 1);
    t_close(&t);
}


static void
errors_of_a_channel_are_counted_and_told(void **state)
{
    uint64_t          audits;
    t_engine_t        t;
    Pl__AuditEvent   *event;

    (void) state;
    t_open(&t);
    t_configure(&t);
    audits = t_rows(&t, PL_TABLE_AUDIT);

    t_change(&t, "messages", T_ACCOUNT, "\"errors\":[{\"code\":130429,"
             "\"title\":\"Rate limit hit\",\"error_data\":{\"details\":"
             "\"Too many\"}}]");
    t_change(&t, "history", T_ACCOUNT, "\"history\":[{\"errors\":[{\"code\":"
             "2593109,\"title\":\"Not shared\"}]}]");

    assert_int_equal(t_count(&t, "channel_errors", ""), 1);
    assert_int_equal(t_count(&t, "channel_errors", "history"), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_AUDIT), audits + 2);

    event = (Pl__AuditEvent *) t_row(&t, PL_TABLE_AUDIT, (unsigned) audits,
                                     &pl__audit_event__descriptor);
    assert_int_equal(event->kind, PL__AUDIT_KIND__AUDIT_KIND_CHANNEL);
    assert_string_equal(event->text, "130429 Rate limit hit: Too many");
    assert_int_equal(event->subject, 1);
    t_close(&t);
}


static void
an_unknown_channel_is_kept_aside(void **state)
{
    unsigned          i;
    t_engine_t        t;
    Pl__Quarantine   *q;

    (void) state;
    t_open(&t);
    t_configure(&t);

    t_change(&t, "smb_message_echoes", "999", "\"message_echoes\":["
             T_ECHO("34600000001", "wamid.E", T_TEXT("Hello")) "]");
    t_change(&t, "smb_app_state_sync", "999", "\"state_sync\":[{\"type\":"
             "\"contact\",\"contact\":{\"phone_number\":\"34600000001\"}}]");
    t_change(&t, "messages", "999", "\"errors\":[{\"code\":130429}]");

    assert_int_equal(t_rows(&t, PL_TABLE_QUARANTINE), 3);
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 0);

    for (i = 0; i < 3; i++) {
        q = (Pl__Quarantine *) t_row(&t, PL_TABLE_QUARANTINE, i,
                                     &pl__quarantine__descriptor);
        assert_string_equal(q->reason, "no such channel");
        assert_string_equal(q->account, "999");
        assert_true(q->raw.len > 0 && q->path != NULL);
    }

    t_close(&t);
}


static void
a_message_keeps_what_it_stands_in(void **state)
{
    t_engine_t    t;
    Pl__Message  *m;

    (void) state;
    t_open(&t);
    t_configure(&t);

    t_change(&t, "messages", T_ACCOUNT, "\"messages\":[{\"from\":"
             "\"34600000001\",\"id\":\"wamid.C\",\"timestamp\":"
             "\"1759999990\",\"context\":{\"id\":\"wamid.X\",\"forwarded\":"
             "true,\"referred_product\":{\"catalog_id\":\"1\","
             "\"product_retailer_id\":\"sku-1\"}},\"referral\":{"
             "\"source_type\":\"ad\",\"ctwa_clid\":\"Aff-1\"},"
             "\"type\":\"location\",\"location\":{\"latitude\":40.4168,"
             "\"longitude\":-3.70380}}]");

    m = t_message(&t, 0);
    assert_string_equal(m->reply_to, "wamid.X");
    assert_true(m->context->forwarded);
    assert_string_equal(m->context->product->product_id, "sku-1");
    assert_string_equal(m->context->referral->ctwa_clid, "Aff-1");
    assert_string_equal(m->content->location->longitude, "-3.70380");
    assert_false(m->content->has_raw);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_echo_is_a_persons_message),
        cmocka_unit_test(history_changes_nothing_of_now),
        cmocka_unit_test(who_refused_in_the_past_has_refused),
        cmocka_unit_test(a_placeholder_is_completed),
        cmocka_unit_test(the_apps_address_book_names_people),
        cmocka_unit_test(errors_of_a_channel_are_counted_and_told),
        cmocka_unit_test(an_unknown_channel_is_kept_aside),
        cmocka_unit_test(a_message_keeps_what_it_stands_in),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
