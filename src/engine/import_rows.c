/*
 * Records of another store, one by one: their numbers, and what follows from
 * each in the indexes of this one. See import_impl.h.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "consent.h"
#include "dedupe.h"
#include "import_impl.h"
#include "inbox.h"
#include "leaver_numbers.h"
#include "task.h"
#include "words.h"

/* Of one record that is read. */
typedef struct {
    pl_apply_t        *ap;
    uint32_t           tenant;
    const Pl__Import  *import;
} rows_t;

typedef pl_status_t (*rows_put_pt)(pl_apply_t *ap, uint32_t tenant,
    pl_import_row_t *in, pl_err_t *err);

static pl_status_t rows_number(void *data, pl_number_e what, uint64_t *n,
    pl_err_t *err);
static pl_status_t rows_line(rows_t *rows, Pl__Leaver__Line *line,
    pl_err_t *err);
static pl_status_t rows_new(pl_apply_t *ap, uint32_t tenant,
    const pl_import_row_t *in, pl_err_t *err);
static bool rows_addressed(const Pl__Contact *contact);
static bool rows_bounded(const pl_import_row_t *in);
static bool rows_sound(uint32_t tenant, const pl_import_row_t *in);
static pl_status_t rows_contact(pl_apply_t *ap, uint32_t tenant,
    pl_import_row_t *in, pl_err_t *err);
static pl_status_t rows_addresses(pl_apply_t *ap, uint32_t tenant,
    Pl__Contact *contact, pl_err_t *err);
static pl_status_t rows_group(pl_apply_t *ap, uint32_t tenant,
    pl_import_row_t *in, pl_err_t *err);
static pl_status_t rows_conversation(pl_apply_t *ap, uint32_t tenant,
    pl_import_row_t *in, pl_err_t *err);
static pl_status_t rows_message(pl_apply_t *ap, uint32_t tenant,
    pl_import_row_t *in, pl_err_t *err);
static pl_status_t rows_heard(pl_apply_t *ap, uint64_t id,
    const Pl__Message *message, pl_err_t *err);
static pl_status_t rows_task(pl_apply_t *ap, uint32_t tenant,
    pl_import_row_t *in, pl_err_t *err);
static pl_status_t rows_template(pl_apply_t *ap, uint32_t tenant,
    pl_import_row_t *in, pl_err_t *err);
static pl_status_t rows_counter(pl_apply_t *ap, uint32_t tenant,
    pl_import_row_t *in, pl_err_t *err);
static pl_status_t rows_plain(pl_apply_t *ap, uint32_t tenant,
    pl_import_row_t *in, pl_err_t *err);
static pl_status_t rows_store(pl_apply_t *ap, pl_table_e table,
    uint32_t tenant, const pl_import_row_t *in, pl_err_t *err);

/* NULL: it is settings, or names a file; the last line's count alone. */
static const rows_put_pt  rows_puts[PL_LEAVER_PARTS] = {
    [PL_LEAVER_CONTACTS] = rows_contact,
    [PL_LEAVER_MERGES] = rows_plain,
    [PL_LEAVER_CONSENTS] = rows_plain,
    [PL_LEAVER_GROUPS] = rows_group,
    [PL_LEAVER_MEMBERS] = rows_plain,
    [PL_LEAVER_CONVERSATIONS] = rows_conversation,
    [PL_LEAVER_MESSAGES] = rows_message,
    [PL_LEAVER_NOTES] = rows_plain,
    [PL_LEAVER_TASKS] = rows_task,
    [PL_LEAVER_TEMPLATES] = rows_template,
    [PL_LEAVER_CAPS] = rows_plain,
    [PL_LEAVER_AUDIT] = rows_plain,
    [PL_LEAVER_COUNTERS] = rows_counter,
};


bool
pl_leaver_comes(pl_leaver_e part)
{
    return rows_puts[part] != NULL;
}


pl_status_t
pl_import_read(pl_apply_t *ap, uint32_t tenant, const Pl__Import *import,
    const Pl__ImportRecord *in, pl_import_row_t *out, pl_err_t *err)
{
    int          part;
    rows_t       rows = { ap, tenant, import };
    pl_str_t     value;
    pl_status_t  rc;

    part = pl_leaver_named(in->line->table);

    if (part < 0 || rows_puts[part] == NULL) {
        return pl_err_set(err, PL_INVALID, "import", 0,
                          "a record of no table that is read in");
    }

    value.data = in->row.data;
    value.len = in->row.len;
    out->part = (pl_leaver_e) part;
    out->line = in->line;

    rc = pl_record_read(pl_leaver_table(out->part), value,
                        pl_leaver_type(out->part), ap->ar, &out->row, err);
    if (rc == PL_FOREIGN || rc == PL_NEWER) {
        return pl_err_set(err, PL_INVALID, "import", 0,
                          "what is no record of %s", in->line->table);
    }

    if (rc == PL_OK) {
        rc = rows_line(&rows, in->line, err);
    }

    if (rc == PL_OK) {
        rc = pl_leaver_numbers(out->row, rows_number, &rows, err);
    }

    if (rc == PL_OK && (!rows_sound(tenant, out) || !rows_bounded(out))) {
        return pl_err_set(err, PL_INVALID, "import", 0,
                          "a record of %s that does not fit its key, or has "
                          "more than it may", in->line->table);
    }

    if (rc == PL_OK) {
        pl_leaver_trim(out->row);       /* whoever wrote it */
        rc = rows_new(ap, tenant, out, err);
    }

    return rc;
}


bool
pl_import_twice(const pl_import_row_t *a, const pl_import_row_t *b)
{
    if (a->part != b->part) {
        return false;
    }

    if (a->part == PL_LEAVER_CONTACTS || a->part == PL_LEAVER_MESSAGES) {
        return a->line->number == b->line->number;
    }

    return a->part == PL_LEAVER_CONVERSATIONS
           && a->line->kind == b->line->kind
           && a->line->party == b->line->party;
}


/* People and messages are there once. */

static pl_status_t
rows_new(pl_apply_t *ap, uint32_t tenant, const pl_import_row_t *in,
    pl_err_t *err)
{
    pl_key_t     key;
    pl_party_t   party;
    pl_status_t  rc;

    switch (in->part) {

    case PL_LEAVER_CONTACTS:
        pl_key_tenant_seq(&key, tenant, in->line->number);
        break;

    case PL_LEAVER_MESSAGES:
        pl_key_seq(&key, in->line->number);
        break;

    case PL_LEAVER_CONVERSATIONS:
        party.tenant = tenant;
        party.kind = in->line->kind;
        party.party = in->line->party;
        pl_key_party(&key, &party);
        break;

    default:
        return PL_OK;
    }

    rc = pl_store_there(ap->txn, pl_leaver_table(in->part), pl_key_str(&key),
                        err);

    return rc == PL_NOTFOUND ? PL_OK
           : rc == PL_OK ? pl_err_set(err, PL_INVALID, "import", 0,
                                      "a record of %s that is there already",
                                      in->line->table)
           : rc;
}


/* As a provider, or a person, can have said them: none is without a key. */

static bool
rows_addressed(const Pl__Contact *contact)
{
    size_t    i;
    pl_key_t  key;

    for (i = 0; i < contact->n_addresses; i++) {
        pl_key_address(&key, 0, contact->addresses[i]->kind,
                       pl_str_c(contact->addresses[i]->value));

        if (contact->addresses[i]->value[0] == '\0' || !pl_key_ok(&key)) {
            return false;
        }
    }

    return contact->n_addresses <= PL_ADDRESSES_MAX;
}


/* Lists that the fold keeps short, and counts that its lists add up to. */

static bool
rows_bounded(const pl_import_row_t *in)
{
    pl_key_t                   key;
    const Pl__Contact         *contact;
    const Pl__Conversation    *conv;
    const Pl__TemplateRecord  *template;

    if (in->part == PL_LEAVER_CONTACTS) {
        contact = (const Pl__Contact *) in->row;

        return rows_addressed(contact)
               && contact->n_joined <= PL_JOINED_MAX
               && contact->n_apart <= PL_JOINED_MAX
               && contact->n_consents <= PL_CONSENTS_MAX;
    }

    if (in->part == PL_LEAVER_TEMPLATES) {
        template = (const Pl__TemplateRecord *) in->row;
        pl_key_template(&key, 0, 0, template->name, template->language);
        return pl_key_ok(&key);
    }

    if (in->part == PL_LEAVER_CONVERSATIONS) {
        conv = (const Pl__Conversation *) in->row;

        return conv->n_newest <= PL_NEWEST_MAX && conv->n_tags <= PL_TAGS_MAX
               && conv->n_channels <= PL_CHANNELS_MAX
               && conv->unread <= conv->messages
               && conv->notes <= PL_NOTES_MAX;
    }

    return true;
}


pl_status_t
pl_import_put(pl_apply_t *ap, uint32_t tenant, pl_import_row_t *in,
    pl_err_t *err)
{
    return rows_puts[in->part](ap, tenant, in, err);
}


static pl_status_t
rows_number(void *data, pl_number_e what, uint64_t *n, pl_err_t *err)
{
    rows_t                   *rows = data;
    const pl_channel_conf_t  *channel;

    switch (what) {

    case PL_NUMBER_RECORD:
        if (*n >= rows->import->span) {
            return pl_err_set(err, PL_INVALID, "import", 0,
                              "a number past those of its export");
        }

        *n += *n == 0 ? 0 : rows->import->shift;
        return PL_OK;

    case PL_NUMBER_ENTRY:
        *n = rows->ap->entry;
        return PL_OK;

    case PL_NUMBER_TENANT:
        return *n == rows->tenant
               ? PL_OK : pl_err_set(err, PL_INVALID, "import", 0,
                                    "another tenant's record");

    case PL_NUMBER_CHANNEL:
        channel = *n == 0 ? NULL
                  : pl_settings_channel(rows->ap->settings, (uint32_t) *n);

        return *n == 0 || (channel != NULL && channel->tenant == rows->tenant)
               ? PL_OK : pl_err_set(err, PL_INVALID, "import", 0,
                                    "a channel that is not the tenant's");

    default:
        return PL_OK;
    }
}


/* A party that is neither a person nor a group is no record. */

static pl_status_t
rows_line(rows_t *rows, Pl__Leaver__Line *line, pl_err_t *err)
{
    bool         person;
    uint64_t     party = line->party;
    pl_status_t  rc;

    person = !line->has_kind
             || line->kind == PL__PARTY_KIND__PARTY_KIND_CONTACT
             || line->kind == PL__PARTY_KIND__PARTY_KIND_GROUP;

    rc = pl_leaver_numbers(&line->base, rows_number, rows, err);
    line->party = person ? line->party : party;

    return rc;
}


/* What a put takes for granted. */

static bool
rows_sound(uint32_t tenant, const pl_import_row_t *in)
{
    const Pl__Timer       *timer;
    const Pl__Contact     *contact;
    const Pl__Message     *message;
    const Pl__AuditEvent  *event;

    switch (in->part) {

    case PL_LEAVER_CONTACTS:
        contact = (const Pl__Contact *) in->row;
        return contact->id == in->line->number
               && (!contact->has_joined_to
                   || contact->joined_to != contact->id);

    case PL_LEAVER_MERGES:
        return ((const Pl__ContactMerge *) in->row)->id == in->line->number;

    case PL_LEAVER_GROUPS:
        return ((const Pl__Group *) in->row)->id == in->line->number;

    case PL_LEAVER_CONSENTS:
        event = (const Pl__AuditEvent *) in->row;
        return event->subject == in->line->contact && in->line->has_number
               && event->consent != NULL;

    case PL_LEAVER_MESSAGES:
        message = (const Pl__Message *) in->row;
        return in->line->has_number && message->tenant == tenant
               && message->previous < in->line->number
               && message->far < in->line->number;

    case PL_LEAVER_TASKS:
        timer = (const Pl__Timer *) in->row;
        return timer->id == in->line->number && timer->tenant == tenant
               && timer->due_ms >= 0
               && timer->of_case == PL__TIMER__OF_STEP
               && timer->step->task != NULL;

    case PL_LEAVER_TEMPLATES:
        return in->line->has_channel;

    case PL_LEAVER_CONVERSATIONS:
        return in->line->has_kind && in->line->has_party;

    case PL_LEAVER_CAPS:
        return in->line->has_party;

    case PL_LEAVER_NOTES:
        return in->line->has_kind && in->line->has_party
               && in->line->has_number;

    case PL_LEAVER_MEMBERS:
        return in->line->has_owner && in->line->has_contact;

    case PL_LEAVER_AUDIT:
        return in->line->has_number;

    default: /* PL_LEAVER_COUNTERS */
        return true;
    }
}


static pl_status_t
rows_contact(pl_apply_t *ap, uint32_t tenant, pl_import_row_t *in,
    pl_err_t *err)
{
    pl_names_t     none = { NULL, NULL }, names;
    pl_status_t    rc;
    Pl__Contact   *contact = (Pl__Contact *) in->row;

    rc = rows_addresses(ap, tenant, contact, err);

    if (rc == PL_OK) {
        names.name = contact->name;
        names.username = contact->username;
        rc = pl_names_change(ap, tenant, contact->id, &none, &names, err);
    }

    if (rc == PL_OK) {
        rc = pl_contact_put(ap, tenant, contact, err);
    }

    return rc == PL_OK ? pl_consent_review(ap, tenant, contact, 0, err) : rc;
}


/* An address that two of the export's contacts have is the first one's. */

static pl_status_t
rows_addresses(pl_apply_t *ap, uint32_t tenant, Pl__Contact *contact,
    pl_err_t *err)
{
    size_t        i, n;
    uint64_t      other;
    pl_key_t      key;
    pl_status_t   rc;
    Pl__Address  *address;

    for (i = 0, n = 0; i < contact->n_addresses; i++) {
        address = contact->addresses[i];
        pl_key_address(&key, tenant, address->kind,
                       pl_str_c(address->value));

        rc = pl_record_get_u64(ap->txn, PL_TABLE_ADDRESSES, pl_key_str(&key),
                               &other, err);

        if (rc == PL_NOTFOUND) {
            contact->addresses[n++] = address;
            rc = pl_record_put_u64(ap->txn, PL_TABLE_ADDRESSES,
                                   pl_key_str(&key), contact->id, false,
                                   err);

        } else if (rc == PL_OK) {
            rc = pl_feed_count(ap, tenant, "contacts", "import_taken", err);
        }

        if (rc != PL_OK) {
            return rc;
        }
    }

    contact->n_addresses = n;

    return PL_OK;
}


static pl_status_t
rows_group(pl_apply_t *ap, uint32_t tenant, pl_import_row_t *in,
    pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;
    Pl__Group   *group = (Pl__Group *) in->row;

    pl_key_address(&key, tenant, PL__ADDRESS_KIND__ADDRESS_KIND_GROUP,
                   pl_str_c(group->group_id));

    rc = pl_record_put_u64(ap->txn, PL_TABLE_ADDRESSES, pl_key_str(&key),
                           group->id, false, err);

    return rc == PL_OK ? rows_plain(ap, tenant, in, err) : rc;
}


/* Its place in the list is that of one whose changes are pruned: `quiet`. */

static pl_status_t
rows_conversation(pl_apply_t *ap, uint32_t tenant, pl_import_row_t *in,
    pl_err_t *err)
{
    pl_party_t          party;
    Pl__Change          change = PL__CHANGE__INIT;
    pl_status_t         rc;
    Pl__Conversation   *conv = (Pl__Conversation *) in->row;

    party.tenant = tenant;
    party.kind = in->line->kind;
    party.party = in->line->party;

    conv->has_counted = 0;
    conv->counted = 0;

    rc = pl_unread_settle(ap, &party, conv, false, err);

    if (rc == PL_OK && !conv->has_joined_to) {
        rc = pl_view_all(ap, &party, conv, true, err);
    }

    if (rc == PL_OK) {
        rc = pl_conversation_put(ap, &party, conv, err);
    }

    if (rc != PL_OK || conv->n_newest == 0 || conv->has_joined_to) {
        return rc;
    }

    change.kind = PL__CHANGE_KIND__CHANGE_KIND_MESSAGE;
    change.party_kind = party.kind;
    change.party = party.party;
    change.has_message = 1;
    change.message = conv->newest[conv->n_newest - 1];

    return pl_quiet_pruned(ap, tenant, &change, err);
}


/*
 * What had not left leaves from nowhere else, whoever wrote the file; and
 * what was heard there is known here, should it be delivered again, or stand
 * in a provider's list.
 */

static pl_status_t
rows_message(pl_apply_t *ap, uint32_t tenant, pl_import_row_t *in,
    pl_err_t *err)
{
    pl_status_t   rc;
    Pl__Message  *message = (Pl__Message *) in->row;

    (void) tenant;
    (void) pl_leaver_fail(message, ap->ar);

    rc = pl_message_put(ap, in->line->number, message, false, err);

    return rc == PL_OK && message->provider_id != NULL
           && (message->direction == PL__DIRECTION__DIRECTION_IN
               || message->by_person)
           && message->time_ms > ap->now_ms - PL_DEDUPE_DAYS * 86400000LL
           ? rows_heard(ap, in->line->number, message, err) : rc;
}


static pl_status_t
rows_heard(pl_apply_t *ap, uint64_t id, const Pl__Message *message,
    pl_err_t *err)
{
    bool                      seen;
    pl_sight_t                sight;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(ap->settings, message->channel);
    if (channel == NULL) {
        return PL_OK;           /* there is none without a channel */
    }

    rc = pl_dedupe_look(ap, message->channel, message->provider_id,
                        channel->provider->timed ? message->provider_time_s
                                                 : 0, &sight, &seen, err);

    return rc == PL_OK && !seen ? pl_dedupe_note(ap, &sight, id, err) : rc;
}


/* What waited waits where it was: here it is over. */

static pl_status_t
rows_task(pl_apply_t *ap, uint32_t tenant, pl_import_row_t *in,
    pl_err_t *err)
{
    pl_key_t      key;
    pl_status_t   rc;
    Pl__Timer    *timer = (Pl__Timer *) in->row;

    (void) tenant;

    if (!timer->has_ended_ms) {
        timer->has_ended_ms = 1;
        timer->ended_ms = ap->now_ms;
        timer->has_end = 1;
        timer->end = PL__TIMER_END__TIMER_END_CANCELLED;
    }

    pl_key_timer(&key, (int64_t) ((uint64_t) timer->due_ms | PL_TIMER_ENDED),
                 timer->id);

    rc = pl_record_put(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key),
                       &timer->base, false, err);

    return rc == PL_OK ? pl_task_list(ap, timer, err) : rc;
}


/* What the channel here has of it is newer. */

static pl_status_t
rows_template(pl_apply_t *ap, uint32_t tenant, pl_import_row_t *in,
    pl_err_t *err)
{
    pl_key_t              key;
    pl_status_t           rc;
    Pl__TemplateRecord   *row = (Pl__TemplateRecord *) in->row;

    pl_key_template(&key, tenant, in->line->channel, row->name,
                    row->language);

    rc = pl_store_there(ap->txn, PL_TABLE_TEMPLATES, pl_key_str(&key), err);

    return rc == PL_NOTFOUND
           ? pl_record_put(ap->txn, PL_TABLE_TEMPLATES, pl_key_str(&key),
                           &row->base, false, err) : rc;
}


/* The tenant may have counted here already. */

static pl_status_t
rows_counter(pl_apply_t *ap, uint32_t tenant, pl_import_row_t *in,
    pl_err_t *err)
{
    uint64_t                     n = 0;
    pl_key_t                     key;
    pl_status_t                  rc;
    const Pl__Leaver__Counter   *row;

    row = (const Pl__Leaver__Counter *) in->row;
    pl_key_counter(&key, tenant, row->metric, row->day, row->label);

    if (!pl_key_ok(&key)) {
        return PL_OK;           /* one that no store can have had */
    }

    rc = pl_record_get_u64(ap->txn, PL_TABLE_COUNTERS, pl_key_str(&key), &n,
                           err);

    return rc == PL_OK || rc == PL_NOTFOUND
           ? pl_record_put_u64(ap->txn, PL_TABLE_COUNTERS, pl_key_str(&key),
                               n + row->count, false, err)
           : rc;
}


/* A record that nothing follows from, under the key that its line says. */

static pl_status_t
rows_plain(pl_apply_t *ap, uint32_t tenant, pl_import_row_t *in,
    pl_err_t *err)
{
    return rows_store(ap, pl_leaver_table(in->part), tenant, in, err);
}


static pl_status_t
rows_store(pl_apply_t *ap, pl_table_e table, uint32_t tenant,
    const pl_import_row_t *in, pl_err_t *err)
{
    pl_key_t                  key;
    const char               *f;
    const Pl__Leaver__Line   *line = in->line;

    key.len = 0;
    key.overflow = false;
    pl_key_u32(&key, tenant);

    for (f = pl_leaver_key(in->part); *f != '\0'; f++) {
        switch (*f) {

        case 'k':
            pl_key_u8(&key, line->has_kind ? (uint8_t) line->kind : 0);
            break;

        case 'n':
            pl_key_u64(&key, line->number);
            break;

        case 'p':
            pl_key_u64(&key, line->party);
            break;

        case 'o':
            pl_key_u64(&key, line->owner);
            break;

        default: /* 'c' */
            pl_key_u64(&key, line->contact);
            break;
        }
    }

    return pl_record_put(ap->txn, table, pl_key_str(&key), in->row, false,
                         err);
}
