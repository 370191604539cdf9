/*
 * The engine: what a provider tells of an account, on a real store: states
 * of channels, templates, groups and who is in them.
 */

#include "engine.h"


static Pl__ChannelState *
channel(t_engine_t *t)
{
    return (Pl__ChannelState *) t_row(t, PL_TABLE_CHANNEL_STATES, 0,
                                      &pl__channel_state__descriptor);
}


/* The value of a fact; NULL: there is none. */

static const char *
fact(t_engine_t *t, const char *name, const char *subject)
{
    size_t             i;
    Pl__ChannelState  *state;

    state = channel(t);

    for (i = 0; state != NULL && i < state->n_facts; i++) {
        if (strcmp(state->facts[i]->name, name) == 0
            && pl_str_eq(pl_str_c(state->facts[i]->subject),
                         pl_str_c(subject)))
        {
            return state->facts[i]->value;
        }
    }

    return NULL;
}


static void
tells(t_engine_t *t, const char *field, int64_t time_s, const char *value)
{
    (void) t_field(t, field, time_s, value);
    t_fold(t);
}


static Pl__AuditEvent *
last_audit(t_engine_t *t)
{
    return (Pl__AuditEvent *) t_row(t, PL_TABLE_AUDIT,
                                    (unsigned) t_rows(t, PL_TABLE_AUDIT) - 1,
                                    &pl__audit_event__descriptor);
}


static void
facts_of_a_channel_are_the_newest(void **state)
{
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);

    tells(&t, "phone_number_quality_update", 1760000010,
          "{\"display_phone_number\":\"15550001111\",\"event\":\"FLAGGED\","
          "\"current_limit\":\"TIER_2K\",\"old_limit\":\"TIER_10K\"}");
    assert_string_equal(fact(&t, "quality", "15550001111"), "FLAGGED");
    assert_string_equal(fact(&t, "limit", "15550001111"), "TIER_2K");
    assert_int_equal(last_audit(&t)->kind,
                     PL__AUDIT_KIND__AUDIT_KIND_ACCOUNT);
    assert_int_equal(last_audit(&t)->subject, 1);
    assert_string_equal(last_audit(&t)->text,
                        "phone_number_quality_update FLAGGED");
    assert_int_equal(t_counted(&t, "account_events",
                               "phone_number_quality_update"), 1);

    /* an older one is audited and changes nothing; a newer one does */

    tells(&t, "phone_number_quality_update", 1760000009,
          "{\"display_phone_number\":\"15550001111\","
          "\"event\":\"UNFLAGGED\"}");
    assert_string_equal(fact(&t, "quality", "15550001111"), "FLAGGED");
    assert_int_equal(t_counted(&t, "account_events",
                               "phone_number_quality_update"), 2);
    tells(&t, "phone_number_quality_update", 1760000011,
          "{\"display_phone_number\":\"15550001111\","
          "\"event\":\"UNFLAGGED\"}");
    assert_string_equal(fact(&t, "quality", "15550001111"), "UNFLAGGED");
    assert_string_equal(fact(&t, "limit", "15550001111"), "TIER_2K");

    tells(&t, "account_update", 1760000012,
          "{\"event\":\"DISABLED_UPDATE\",\"ban_info\":{"
          "\"waba_ban_state\":\"DISABLE\"}}");
    assert_string_equal(fact(&t, "ban", NULL), "DISABLE");
    tells(&t, "account_update", 1760000013,
          "{\"event\":\"ACCOUNT_RESTRICTION\",\"restriction_info\":[{"
          "\"restriction_type\":\"RESTRICTED_UTILITY_TEMPLATES\"}]}");
    assert_string_equal(
        fact(&t, "restriction.RESTRICTED_UTILITY_TEMPLATES", NULL),
        "restricted");
    tells(&t, "flows", 1760000014,
          "{\"event\":\"FLOW_STATUS_CHANGE\",\"flow_id\":\"7\","
          "\"new_status\":\"BLOCKED\"}");
    assert_string_equal(fact(&t, "flow", "7"), "BLOCKED");
    assert_int_equal(t_rows(&t, PL_TABLE_CHANNEL_STATES), 1);
    t_close(&t);
}


/* The same bytes again are one event; at another time they are another. */

static void
a_repeated_event_is_told_once(void **state)
{
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    tells(&t, "account_review_update", 1760000010,
          "{\"decision\":\"APPROVED\"}");
    tells(&t, "account_review_update", 1760000010,
          "{\"decision\":\"APPROVED\"}");
    assert_int_equal(t_counted(&t, "account_events",
                               "account_review_update"), 1);
    assert_int_equal(t_counted(&t, "duplicates", "account"), 1);
    tells(&t, "account_review_update", 1760000011,
          "{\"decision\":\"APPROVED\"}");
    assert_int_equal(t_counted(&t, "account_events",
                               "account_review_update"), 2);

    /* one without a time is known by its day */

    tells(&t, "account_review_update", 0, "{\"decision\":\"PENDING\"}");
    tells(&t, "account_review_update", 0, "{\"decision\":\"PENDING\"}");
    assert_int_equal(t_counted(&t, "account_events",
                               "account_review_update"), 3);
    t_close(&t);
}


static void
an_account_that_no_channel_names_goes_to_quarantine(void **state)
{
    t_engine_t       t;
    Pl__Quarantine  *q;

    (void) state;
    t_open(&t);
    t_configure(&t);
    (void) t_append(&t, NULL,
        "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"9\","
        "\"changes\":[{\"field\":\"account_review_update\",\"value\":{"
        "\"decision\":\"APPROVED\"}},{\"field\":\"not_known\",\"value\":{}}"
        "]}]}");
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_QUARANTINE), 1);
    q = (Pl__Quarantine *) t_row(&t, PL_TABLE_QUARANTINE, 0,
                                 &pl__quarantine__descriptor);
    assert_string_equal(q->reason, "no channel of this account");
    assert_string_equal(q->account, "9");
    assert_string_equal(q->path, "entry[0].changes[0]");
    assert_true(q->raw.len > 0 && q->raw.data[0] == '{');
    assert_int_equal(t_rows(&t, PL_TABLE_CHANNEL_STATES), 0);
    t_close(&t);
}


static Pl__TemplateRecord *
template(t_engine_t *t)
{
    return (Pl__TemplateRecord *) t_row(t, PL_TABLE_TEMPLATES, 0,
                                        &pl__template_record__descriptor);
}


#define NAMED  "\"message_template_name\":\"order_ready\","                   \
               "\"message_template_language\":\"en-US\""


static void
a_template_is_what_was_told_last(void **state)
{
    t_engine_t           t;
    Pl__TemplateRecord  *row;

    (void) state;
    t_open(&t);
    t_configure(&t);

    tells(&t, "message_template_status_update", 1760000010,
          "{\"event\":\"PAUSED\",\"message_template_id\":1689556908129832,"
          "\"other_info\":{\"title\":\"FIRST_PAUSE\"}," NAMED "}");
    tells(&t, "message_template_status_update", 1760000005,
          "{\"event\":\"APPROVED\",\"message_template_category\":"
          "\"UTILITY\"," NAMED "}");
    tells(&t, "message_template_quality_update", 1760000006,
          "{\"new_quality_score\":\"RED\"," NAMED "}");
    tells(&t, "template_category_update", 1760000007,
          "{\"new_category\":\"UTILITY\",\"correct_category\":\"MARKETING\","
          "\"category_update_timestamp\":1760090000," NAMED "}");
    tells(&t, "message_template_components_update", 1760000008,
          "{\"message_template_element\":\"Ready: {{1}}\"," NAMED "}");

    assert_int_equal(t_rows(&t, PL_TABLE_TEMPLATES), 1);
    row = template(&t);
    assert_string_equal(row->language, "en_US");
    assert_string_equal(row->id, "1689556908129832");
    assert_int_equal(row->status,
                     PL__TEMPLATE_STATUS__TEMPLATE_STATUS_PAUSED);
    assert_string_equal(row->word, "PAUSED");
    assert_string_equal(row->title, "FIRST_PAUSE");
    assert_string_equal(row->quality, "RED");
    assert_int_equal(row->category,
                     PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_UTILITY);
    assert_int_equal(row->correct_category,
                     PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_MARKETING);
    assert_int_equal(row->correct_from_s, 1760090000);
    assert_null(row->body);             /* not all of them were told */
    assert_int_equal(row->components_s, 1760000008);

    tells(&t, "template_category_update", 1760090000,
          "{\"previous_category\":\"UTILITY\",\"new_category\":"
          "\"MARKETING\"," NAMED "}");
    row = template(&t);
    assert_int_equal(row->category,
                     PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_MARKETING);
    assert_false(row->has_correct_category);
    assert_string_equal(row->word, "PAUSED");
    assert_int_equal(t_counted(&t, "account_events",
                               "template_category_update"), 2);
    t_close(&t);
}


/* ---- groups --------------------------------------------------------- */

#define GROUP(type, time, rest)                                               \
    "{\"metadata\":{\"phone_number_id\":\"" T_ACCOUNT "\"},\"groups\":[{"     \
    "\"group_id\":\"G1\",\"timestamp\":" time ",\"type\":\"" type "\","       \
    rest "}]}"

#define N_EVENTS  5


static const struct {
    const char  *field;
    const char  *value;
} events[N_EVENTS] = {
    { "group_participants_update",
      GROUP("group_participants_add", "1760000010",
            "\"added_participants\":[{\"wa_id\":\"34600000001\"},"
            "{\"wa_id\":\"34600000002\"},{\"wa_id\":\"34600000003\"}]") },
    { "group_participants_update",
      GROUP("group_participants_remove", "1760000020",
            "\"initiated_by\":\"participant\",\"removed_participants\":["
            "{\"wa_id\":\"34600000002\"}]") },
    /* joined and removed at the same second: out */
    { "group_participants_update",
      GROUP("group_participants_remove", "1760000010",
            "\"removed_participants\":[{\"input\":\"+34 600 000 003\"}]") },
    { "group_participants_update",
      GROUP("group_participants_add", "1760000030",
            "\"added_participants\":[{\"wa_id\":\"34600000002\"}]") },
    { "group_settings_update",
      GROUP("group_settings_update", "1760000025",
            "\"group_subject\":{\"text\":\"Amigos\","
            "\"update_successful\":true}") },
};


/* "34600000001 3" for each member, in order of phones. */

static void
members(t_engine_t *t, char *out, size_t size)
{
    size_t             i, n;
    char               lines[8][64];
    pl_str_t           key, value;
    pl_key_t           at;
    pl_txn_t          *txn;
    pl_scan_t         *scan;
    Pl__Contact       *contact;
    ProtobufCMessage  *msg;

    n = 0;
    txn = t_read(t);
    t_ok(t, pl_store_scan(txn, PL_TABLE_MEMBERS, PL_STR_NULL, false, &scan,
                          &t->err));

    while (n < 8 && pl_store_scan_next(scan, &key, &value, &t->err) == PL_OK)
    {
        pl_key_tenant_seq(&at, 1, pl_be64(key.data + 12));
        t_ok(t, pl_record_get(txn, PL_TABLE_CONTACTS, pl_key_str(&at),
                              &pl__contact__descriptor, t->ar, &msg,
                              &t->err));
        contact = (Pl__Contact *) msg;
        t_ok(t, pl_record_read(PL_TABLE_MEMBERS, value,
                               &pl__membership__descriptor, t->ar, &msg,
                               &t->err));
        (void) snprintf(lines[n++], sizeof(lines[0]), "%s %d ",
                        contact->addresses[0]->value,
                        (int) ((Pl__Membership *) msg)->state);
    }

    pl_store_scan_end(scan);
    pl_store_abort(txn);
    qsort(lines, n, sizeof(lines[0]),
          (int (*)(const void *, const void *)) strcmp);

    for (i = 0, out[0] = '\0'; i < n; i++) {
        (void) strncat(out, lines[i], size - strlen(out) - 1);
    }
}


/* All 120 orders of five events give the same group. */

static void
any_order_of_events_gives_the_same_members(void **state)
{
    char         said[512];
    size_t       i, j, n, k, order[N_EVENTS];
    Pl__Group   *group;
    t_engine_t   t;

    (void) state;

    for (n = 0; n < 120; n++) {
        for (i = 0, k = n; i < N_EVENTS; i++) {
            order[i] = k % (N_EVENTS - i);
            k /= N_EVENTS - i;
        }

        for (i = N_EVENTS; i-- > 0; /* void */ ) {
            for (j = i + 1; j < N_EVENTS; j++) {
                order[j] += (order[j] >= order[i]);
            }
        }

        t_open(&t);
        t_configure(&t);

        for (i = 0; i < N_EVENTS; i++) {
            (void) t_field(&t, events[order[i]].field, 0,
                           events[order[i]].value);
            (void) t_field(&t, events[order[i]].field, 0,
                           events[order[i]].value);
        }

        t_fold(&t);
        members(&t, said, sizeof(said));
        assert_string_equal(said, "34600000001 3 34600000002 3 "
                            "34600000003 4 ");
        group = (Pl__Group *) t_row(&t, PL_TABLE_GROUPS, 0,
                                    &pl__group__descriptor);
        assert_string_equal(group->facts[0]->value, "Amigos");
        assert_int_equal(t_counted(&t, "account_events",
                                   "group_participants_update"), 4);
        assert_int_equal(t_counted(&t, "duplicates", "account"), 5);
        t_close(&t);
    }
}


static void
a_group_is_made_suspended_and_deleted(void **state)
{
    t_engine_t       t;
    Pl__Group       *group;
    Pl__Membership  *member;

    (void) state;
    t_open(&t);
    t_configure(&t);
    tells(&t, "group_lifecycle_update", 0,
          GROUP("group_create", "1760000010",
                "\"subject\":\"Amigos\",\"invite_link\":\"https://x/1\""));
    tells(&t, "group_status_update", 0,
          GROUP("group_suspend", "1760000011", "\"request_id\":\"r\""));
    tells(&t, "group_lifecycle_update", 0,
          GROUP("group_delete", "1760000012", "\"request_id\":\"r\""));

    /* made by nobody: it failed, and is told of all the same */

    tells(&t, "group_lifecycle_update", 0,
          "{\"metadata\":{\"phone_number_id\":\"" T_ACCOUNT "\"},"
          "\"groups\":[{\"timestamp\":1760000010,\"type\":\"group_create\","
          "\"errors\":[{\"code\":131020}]}]}");
    tells(&t, "group_participants_update", 0,
          GROUP("group_join_request_created", "1760000013",
                "\"join_request_id\":\"j1\",\"wa_id\":\"34600000001\""));

    assert_int_equal(t_rows(&t, PL_TABLE_GROUPS), 1);
    group = (Pl__Group *) t_row(&t, PL_TABLE_GROUPS, 0,
                                &pl__group__descriptor);
    assert_string_equal(group->group_id, "G1");
    assert_int_equal(group->n_facts, 4);
    assert_string_equal(group->facts[1]->value, "https://x/1");
    assert_string_equal(group->facts[2]->name, "suspended");
    assert_string_equal(group->facts[2]->value, "yes");
    assert_string_equal(group->facts[3]->name, "deleted");
    assert_int_equal(t_counted(&t, "account_events",
                               "group_lifecycle_update"), 3);
    member = (Pl__Membership *) t_row(&t, PL_TABLE_MEMBERS, 0,
                                      &pl__membership__descriptor);
    assert_int_equal(member->state, PL__MEMBER_STATE__MEMBER_STATE_ASKED);
    assert_string_equal(member->request, "j1");
    t_close(&t);
}


/* At the limit of one event's members, and one past it. */

static void
an_event_has_a_limit_of_members(void **state)
{
    char        value[7168];
    size_t      len;
    unsigned    i, n;
    t_engine_t  t;

    (void) state;

    for (n = 64; n <= 65; n++) {
        t_open(&t);
        t_configure(&t);
        len = (size_t) snprintf(value, sizeof(value),
            "{\"metadata\":{\"phone_number_id\":\"" T_ACCOUNT "\"},"
            "\"groups\":[{\"group_id\":\"G1\",\"timestamp\":1760000001,"
            "\"type\":\"group_participants_add\","
            "\"added_participants\":[");

        for (i = 0; i < n; i++) {
            len += (size_t) snprintf(value + len, sizeof(value) - len,
                                     "%s{\"wa_id\":\"346000001%02u\"}",
                                     i == 0 ? "" : ",", i);
        }

        (void) snprintf(value + len, sizeof(value) - len, "]}]}");
        tells(&t, "group_participants_update", 0, value);
        assert_int_equal(t_rows(&t, PL_TABLE_MEMBERS), n == 64 ? 64 : 0);
        assert_int_equal(t_rows(&t, PL_TABLE_QUARANTINE), n == 64 ? 0 : 1);
        t_close(&t);
    }
}


/* At the limit of a channel's facts, and one past it: the oldest goes. */

static void
a_channel_has_a_limit_of_facts(void **state)
{
    char        value[256];
    unsigned    i;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);

    for (i = 0; i <= 128; i++) {
        (void) snprintf(value, sizeof(value),
            "{\"event\":\"FLOW_STATUS_CHANGE\",\"flow_id\":\"%u\","
            "\"new_status\":\"DRAFT\"}", i);
        tells(&t, "flows", 1760000000 + i, value);

        if (i == 127) {
            assert_int_equal(channel(&t)->n_facts, 128);
            assert_non_null(fact(&t, "flow", "0"));
        }
    }

    assert_int_equal(channel(&t)->n_facts, 128);
    assert_null(fact(&t, "flow", "0"));
    assert_non_null(fact(&t, "flow", "1"));
    assert_non_null(fact(&t, "flow", "128"));
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(facts_of_a_channel_are_the_newest),
        cmocka_unit_test(a_repeated_event_is_told_once),
        cmocka_unit_test(an_account_that_no_channel_names_goes_to_quarantine),
        cmocka_unit_test(a_template_is_what_was_told_last),
        cmocka_unit_test(any_order_of_events_gives_the_same_members),
        cmocka_unit_test(a_group_is_made_suspended_and_deleted),
        cmocka_unit_test(an_event_has_a_limit_of_members),
        cmocka_unit_test(a_channel_has_a_limit_of_facts),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
