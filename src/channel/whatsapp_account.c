/*
 * Webhook fields that tell of an account (provider-facts 1.11): commands for
 * all channels of the WhatsApp business account that the entry names, by
 * rows. Groups and people's preferences are whatsapp_group.c's.
 *
 * The entry is read a second time, by the shapes of whatsapp_account.proto,
 * and only where it has such a field: messages pay nothing for it.
 */

#include <stddef.h>
#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"

#define ACCOUNT_VALUE(name)  offsetof(Pl__Wa__AccountValue, name)


typedef enum {
    ACCOUNT_TEMPLATE,
    ACCOUNT_CHANNEL,
    ACCOUNT_GROUP,
    ACCOUNT_PREFERENCE
} account_kind_e;

typedef struct {
    const char      *field;
    account_kind_e   kind;
    size_t           event;         /* the member that says what happened */
} account_field_t;

/* A member of the value that is a fact of the channels. 0: none. */
typedef struct {
    const char  *field;
    const char  *name;
    size_t       value;
    size_t       detail;
} account_fact_t;

/* What becomes of one change: one piece of memory, but for the facts. */
typedef struct {
    Pl__Command             command;
    Pl__ChannelChange       channel;
    Pl__TemplateChange      change;
    Pl__TemplateRecord      record;
    Pl__TemplateHeader      header;
    Pl__TemplateText        title;
    Pl__TemplateText        body;
} account_t;

/* Where facts are gathered. */
typedef struct {
    pl_whatsapp_decode_t         *d;
    Pl__ChannelChange            *out;
    const Pl__Wa__AccountValue   *value;
    size_t                        max;
} account_facts_t;


static pl_status_t account_entry(pl_whatsapp_decode_t *d,
    const Pl__Wa__WebhookEntry *entry);
static const account_field_t *account_field(const char *field);
static char *account_path(pl_whatsapp_decode_t *d);
static char *account_member(const Pl__Wa__AccountValue *value, size_t at);
static pl_status_t account_channel(pl_whatsapp_decode_t *d,
    const account_field_t *row, const Pl__Wa__AccountChange *change);
static pl_status_t account_facts(account_facts_t *f, const char *field);
static pl_status_t account_update(account_facts_t *f);
static pl_status_t account_alert(account_facts_t *f);
static pl_status_t account_flow(account_facts_t *f);
static pl_status_t account_add(account_facts_t *f, const char *name,
    char *subject, const char *value, char *detail);
static pl_status_t account_template(pl_whatsapp_decode_t *d,
    const account_field_t *row, const Pl__Wa__AccountChange *change);
static void account_template_facts(const char *field,
    const Pl__Wa__AccountValue *value, account_t *out);
static void account_template_status(const Pl__Wa__AccountValue *value,
    Pl__TemplateRecord *record);


static const account_field_t  account_fields[] = {
    { "message_template_status_update", ACCOUNT_TEMPLATE, 0 },
    { "message_template_quality_update", ACCOUNT_TEMPLATE, 0 },
    { "message_template_components_update", ACCOUNT_TEMPLATE, 0 },
    { "template_category_update", ACCOUNT_TEMPLATE, 0 },
    { "phone_number_quality_update", ACCOUNT_CHANNEL,
      ACCOUNT_VALUE(event) },
    { "phone_number_name_update", ACCOUNT_CHANNEL, ACCOUNT_VALUE(decision) },
    { "account_update", ACCOUNT_CHANNEL, ACCOUNT_VALUE(event) },
    { "account_alerts", ACCOUNT_CHANNEL, 0 },
    { "account_review_update", ACCOUNT_CHANNEL, ACCOUNT_VALUE(decision) },
    { "business_capability_update", ACCOUNT_CHANNEL, 0 },
    { "security", ACCOUNT_CHANNEL, ACCOUNT_VALUE(event) },
    { "business_username_update", ACCOUNT_CHANNEL, ACCOUNT_VALUE(status) },
    { "flows", ACCOUNT_CHANNEL, ACCOUNT_VALUE(event) },
    { "group_lifecycle_update", ACCOUNT_GROUP, 0 },
    { "group_participants_update", ACCOUNT_GROUP, 0 },
    { "group_settings_update", ACCOUNT_GROUP, 0 },
    { "group_status_update", ACCOUNT_GROUP, 0 },
    { "user_preferences", ACCOUNT_PREFERENCE, 0 },
};

/* The number that a fact is about, where one is named, is its subject. */
static const account_fact_t  account_fact_rows[] = {
    { "phone_number_quality_update", "quality",
      ACCOUNT_VALUE(event), 0 },
    { "phone_number_quality_update", "limit",
      ACCOUNT_VALUE(current_limit), ACCOUNT_VALUE(old_limit) },
    { "phone_number_quality_update", "daily_conversations",
      ACCOUNT_VALUE(max_daily_conversations_per_business), 0 },
    { "phone_number_name_update", "name",
      ACCOUNT_VALUE(decision), ACCOUNT_VALUE(requested_verified_name) },
    { "phone_number_name_update", "name_rejection",
      ACCOUNT_VALUE(rejection_reason), 0 },
    { "account_review_update", "review",
      ACCOUNT_VALUE(decision), 0 },
    { "business_capability_update", "daily_conversations",
      ACCOUNT_VALUE(max_daily_conversations_per_business), 0 },
    { "business_capability_update", "daily_conversations_per_number",
      ACCOUNT_VALUE(max_daily_conversation_per_phone), 0 },
    { "business_capability_update", "numbers_per_business",
      ACCOUNT_VALUE(max_phone_numbers_per_business), 0 },
    { "business_capability_update", "numbers_per_account",
      ACCOUNT_VALUE(max_phone_numbers_per_waba), 0 },
    { "security", "security",
      ACCOUNT_VALUE(event), ACCOUNT_VALUE(requester) },
    { "business_username_update", "username",
      ACCOUNT_VALUE(status), ACCOUNT_VALUE(username) },
};


pl_status_t
pl_whatsapp_account_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__WebhookEntry *entry, size_t j, const char *field,
    bool *known)
{
    const char                   *mistake;
    const account_field_t        *row = account_field(field);
    const Pl__Wa__AccountChange  *change;

    *known = (row != NULL);

    if (row == NULL) {
        return PL_OK;
    }

    if (account_entry(d, entry) != PL_OK) {
        return PL_NOMEM;
    }

    if (d->told == NULL || j >= d->told->n_changes) {
        return pl_whatsapp_decode_unreadable(d, account_path(d),
                                             "its entry cannot be read",
                                             &entry->changes[j]->raw);
    }

    change = d->told->changes[j];
    mistake = change->bad;

    if (mistake == NULL) {
        mistake = change->value == NULL ? "value: required"
                                        : change->value->bad;
    }

    if (mistake != NULL) {
        return pl_whatsapp_decode_unreadable(d, account_path(d), mistake,
                                             &change->raw);
    }

    if (change->value->metadata != NULL) {
        d->account = pl_whatsapp_decode_some(
                         change->value->metadata->phone_number_id);
    }

    d->value = entry->changes[j]->value;    /* who the people are */
    d->contact = 0;

    switch (row->kind) {

    case ACCOUNT_TEMPLATE:
        return account_template(d, row, change);

    case ACCOUNT_GROUP:
        return pl_whatsapp_group_decode(d, row->field, change->value);

    case ACCOUNT_PREFERENCE:
        return pl_whatsapp_preference_decode(d, change->value);

    default:
        return account_channel(d, row, change);
    }
}


const char *
pl_whatsapp_account_field(pl_whatsapp_decode_t *d,
    const Pl__Wa__WebhookEntry *entry)
{
    return account_entry(d, entry) != PL_OK || d->told == NULL
           ? NULL : d->told->field;
}


/* Once for each entry. PL_NOMEM; told NULL: it cannot be read. */

static pl_status_t
account_entry(pl_whatsapp_decode_t *d, const Pl__Wa__WebhookEntry *entry)
{
    pl_str_t           raw;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (d->entry == entry) {
        return PL_OK;
    }

    raw.data = entry->raw.data;
    raw.len = entry->raw.len;

    rc = pl_json_decode(d->codec, &pl__wa__account_entry__descriptor, raw, 0,
                        d->ar, &msg, NULL);
    if (rc == PL_NOMEM) {
        return rc;
    }

    d->entry = entry;
    d->told = rc == PL_OK ? (Pl__Wa__AccountEntry *) msg : NULL;

    return PL_OK;
}


static const account_field_t *
account_field(const char *field)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(account_fields); i++) {
        if (strcmp(field, account_fields[i].field) == 0) {
            return &account_fields[i];
        }
    }

    return NULL;
}


/* "entry[0].changes[1]" */

static char *
account_path(pl_whatsapp_decode_t *d)
{
    return pl_arena_printf(d->ar, "%.*s",
                           (int) (d->prefix_len - strlen(".value.")),
                           d->prefix);
}


static char *
account_member(const Pl__Wa__AccountValue *value, size_t at)
{
    char  *s;

    if (at == 0) {
        return NULL;
    }

    memcpy(&s, (const char *) value + at, sizeof(s));

    return pl_whatsapp_decode_some(s);
}


static pl_status_t
account_channel(pl_whatsapp_decode_t *d, const account_field_t *row,
    const Pl__Wa__AccountChange *change)
{
    account_t        *out;
    pl_status_t       rc;
    account_facts_t   f;

    out = pl_arena_alloc(d->ar, sizeof(*out));
    if (out == NULL) {
        return PL_NOMEM;
    }

    pl__channel_change__init(&out->channel);
    out->channel.node = pl_whatsapp_decode_some(d->told->id);
    out->channel.field = pl_whatsapp_const(row->field);
    out->channel.event = account_member(change->value, row->event);
    out->channel.time_s = pl_whatsapp_decode_time(d->told->time);
    out->channel.path = account_path(d);
    out->channel.has_raw = true;
    out->channel.raw = change->raw;

    if (out->channel.path == NULL) {
        return PL_NOMEM;
    }

    f.d = d;
    f.out = &out->channel;
    f.value = change->value;
    f.max = PL_COUNT(account_fact_rows) + change->value->n_restriction_info;

    out->channel.facts = pl_arena_alloc(d->ar, f.max
                                        * sizeof(Pl__ChannelFact *));
    if (out->channel.facts == NULL) {
        return PL_NOMEM;
    }

    rc = account_facts(&f, row->field);
    if (rc != PL_OK) {
        return rc;
    }

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_CHANNEL_CHANGE;
    out->command.channel_change = &out->channel;

    return pl_whatsapp_decode_add(d, &out->command);
}


static pl_status_t
account_facts(account_facts_t *f, const char *field)
{
    char                  *value;
    size_t                 i;
    pl_status_t            rc;
    const account_fact_t  *row;

    if (strcmp(field, "account_update") == 0) {
        return account_update(f);
    }

    if (strcmp(field, "account_alerts") == 0) {
        return account_alert(f);
    }

    if (strcmp(field, "flows") == 0) {
        return account_flow(f);
    }

    for (i = 0; i < PL_COUNT(account_fact_rows); i++) {
        row = &account_fact_rows[i];
        value = account_member(f->value, row->value);

        if (value == NULL || strcmp(field, row->field) != 0) {
            continue;
        }

        rc = account_add(f, row->name, f->value->display_phone_number, value,
                         account_member(f->value, row->detail));
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


/* The event itself, and what it brings: a ban, restrictions, a violation. */

static pl_status_t
account_update(account_facts_t *f)
{
    char                             *name, *value;
    size_t                            i;
    pl_status_t                       rc;
    const Pl__Wa__AccountValue       *v = f->value;
    const Pl__Wa__RestrictionInfo    *r;

    value = v->violation_info != NULL ? v->violation_info->violation_type
                                      : v->country;
    name = pl_arena_printf(f->d->ar, "account.%s",
                           v->event == NULL ? "unknown" : v->event);

    rc = account_add(f, name, v->phone_number, value, NULL);

    if (rc == PL_OK && v->ban_info != NULL && v->ban_info->bad == NULL) {
        rc = account_add(f, "ban", NULL, v->ban_info->waba_ban_state,
                         v->ban_info->waba_ban_date);
    }

    for (i = 0; rc == PL_OK && i < v->n_restriction_info; i++) {
        r = v->restriction_info[i];

        if (r->bad != NULL || r->restriction_type == NULL) {
            continue;
        }

        name = pl_arena_printf(f->d->ar, "restriction.%s",
                               r->restriction_type);
        rc = account_add(f, name, NULL, "restricted", r->expiration);
    }

    return rc;
}


static pl_status_t
account_alert(account_facts_t *f)
{
    char                      *name;
    const Pl__Wa__AlertInfo   *alert = f->value->alert_info;

    if (alert == NULL || alert->bad != NULL || alert->alert_type == NULL) {
        return PL_OK;
    }

    f->out->event = alert->alert_type;
    name = pl_arena_printf(f->d->ar, "alert.%s", alert->alert_type);

    return account_add(f, name, f->value->entity_id, alert->alert_status,
                       alert->alert_severity);
}


/* A form's status, or an alert of its endpoint. */

static pl_status_t
account_flow(account_facts_t *f)
{
    char                        *name;
    const Pl__Wa__AccountValue  *v = f->value;

    if (v->new_status != NULL) {
        return account_add(f, "flow", v->flow_id, v->new_status, NULL);
    }

    name = pl_arena_printf(f->d->ar, "flow.%s",
                           v->event == NULL ? "unknown" : v->event);

    return account_add(f, name, v->flow_id, v->alert_state, NULL);
}


static pl_status_t
account_add(account_facts_t *f, const char *name, char *subject,
    const char *value, char *detail)
{
    Pl__ChannelFact  *fact;

    fact = pl_arena_alloc(f->d->ar, sizeof(*fact));
    if (fact == NULL || name == NULL) {
        return PL_NOMEM;
    }

    if (f->out->n_facts == f->max) {
        return PL_TOOBIG;
    }

    pl__channel_fact__init(fact);
    fact->name = pl_whatsapp_const(name);
    fact->subject = pl_whatsapp_decode_some(subject);
    fact->value = pl_whatsapp_const(value);
    fact->detail = pl_whatsapp_decode_some(detail);
    fact->time_s = f->out->time_s;

    f->out->facts[f->out->n_facts++] = fact;

    return PL_OK;
}


/* One sample has the quality under another field: its member tells. */

static pl_status_t
account_template(pl_whatsapp_decode_t *d, const account_field_t *row,
    const Pl__Wa__AccountChange *change)
{
    account_t                   *out;
    const char                  *field, *mistake;
    const Pl__Wa__AccountValue  *v = change->value;

    mistake = NULL;

    if (v->message_template_name == NULL
        || v->message_template_name[0] == '\0')
    {
        mistake = "value.message_template_name: required";

    } else if (v->message_template_language == NULL
               || v->message_template_language[0] == '\0')
    {
        mistake = "value.message_template_language: required";
    }

    if (mistake != NULL) {
        return pl_whatsapp_decode_unreadable(d, account_path(d), mistake,
                                             &change->raw);
    }

    field = v->new_quality_score != NULL ? "message_template_quality_update"
                                         : row->field;

    out = pl_arena_alloc(d->ar, sizeof(*out));
    if (out == NULL) {
        return PL_NOMEM;
    }

    pl__template_record__init(&out->record);
    out->record.name = v->message_template_name;
    out->record.language = pl_whatsapp_templates_language(
        v->message_template_language, d->ar);
    out->record.id = pl_whatsapp_decode_some(v->message_template_id);
    account_template_facts(field, v, out);

    pl__template_change__init(&out->change);
    out->change.node = pl_whatsapp_decode_some(d->told->id);
    out->change.field = pl_whatsapp_const(field);
    out->change.time_s = pl_whatsapp_decode_time(d->told->time);
    out->change.template_ = &out->record;
    out->change.path = account_path(d);
    out->change.has_raw = true;
    out->change.raw = change->raw;

    if (out->change.path == NULL || out->record.language == NULL) {
        return PL_NOMEM;
    }

    pl__command__init(&out->command);
    out->command.of_case = PL__COMMAND__OF_TEMPLATE_CHANGE;
    out->command.template_change = &out->change;

    return pl_whatsapp_decode_add(d, &out->command);
}


static void
account_template_facts(const char *field, const Pl__Wa__AccountValue *value,
    account_t *out)
{
    Pl__TemplateRecord  *record = &out->record;

    record->status = PL__TEMPLATE_STATUS__TEMPLATE_STATUS_UNTOLD;

    if (strcmp(field, "message_template_status_update") == 0) {
        account_template_status(value, record);

    } else if (strcmp(field, "message_template_quality_update") == 0) {
        record->quality = pl_whatsapp_decode_some(value->new_quality_score);

    } else if (strcmp(field, "template_category_update") == 0) {

        /* announced: new_category is the one it has until then */

        record->has_category = pl_whatsapp_templates_category(
            value->new_category, &record->category);
        record->has_correct_category = pl_whatsapp_templates_category(
            value->correct_category, &record->correct_category);
        record->has_correct_from_s = value->has_category_update_timestamp;
        record->correct_from_s = value->category_update_timestamp;

    } else {
        pl__template_text__init(&out->body);
        out->body.text =
            value->message_template_element == NULL
            ? (char *) "" : value->message_template_element;
        record->body = &out->body;
        record->footer =
            pl_whatsapp_decode_some(value->message_template_footer);

        if (pl_whatsapp_decode_some(value->message_template_title) != NULL) {
            pl__template_text__init(&out->title);
            out->title.text = value->message_template_title;
            pl__template_header__init(&out->header);
            out->header.format = (char *) "TEXT";
            out->header.text = &out->title;
            record->header = &out->header;
        }
    }
}


static void
account_template_status(const Pl__Wa__AccountValue *value,
    Pl__TemplateRecord *record)
{
    record->word = pl_whatsapp_decode_some(value->event);

    if (record->word != NULL) {
        record->status = pl_whatsapp_templates_status(record->word);
    }

    record->reason = pl_whatsapp_decode_some(value->reason);
    record->has_category = pl_whatsapp_templates_category(
        value->message_template_category, &record->category);

    if (value->other_info != NULL) {
        record->title = pl_whatsapp_decode_some(value->other_info->title);
    }

    if (record->reason == NULL && value->rejection_info != NULL) {
        record->reason =
            pl_whatsapp_decode_some(value->rejection_info->reason);
    }
}
