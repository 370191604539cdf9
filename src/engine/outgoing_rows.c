/*
 * Rows of templates, and what is said by one of the house's own. See
 * outgoing.h.
 */

#include <string.h>

#include "../channel/content.h"
#include "../channel/template.h"
#include "../channel/wording.h"
#include "../core/record.h"
#include "../core/str.h"
#include "outgoing_impl.h"


pl_status_t
pl_outgoing_rows(pl_apply_t *ap, const Pl__Message *message,
    pl_outgoing_template_t *rows, pl_err_t *err)
{
    pl_status_t           rc;
    const Pl__Template   *template;

    rows->own = rows->list = NULL;

    if (!pl_policy_template(message->content)) {
        return PL_OK;
    }

    template = message->content->template_;

    rc = pl_outgoing_record(ap->txn, ap->ar, message, template->name,
                            template->language, &rows->own, err);

    if (rc == PL_OK || rc == PL_NOTFOUND) {
        rc = pl_outgoing_record(ap->txn, ap->ar, message, "", "",
                                &rows->list, err);
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


bool
pl_outgoing_own(const pl_channel_conf_t *channel, const Pl__Message *message)
{
    return channel != NULL && pl_policy_template(message->content)
           && pl_wording_own(channel->provider, channel->row);
}


bool
pl_outgoing_content(const pl_channel_conf_t *channel,
    const Pl__Template *template)
{
    return channel != NULL
           && pl_content_by_row(channel->provider, channel->row, template);
}


/*
 * What cannot be filled in stays what it is, for policy to refuse with the
 * reason. What it is sent for is what it would be as a template.
 */

pl_status_t
pl_outgoing_say(pl_apply_t *ap, Pl__Message *message, pl_err_t *err)
{
    char                     *wording;
    pl_err_t                  why;
    pl_status_t               rc;
    Pl__Content              *said;
    const Pl__Template       *template;
    pl_outgoing_template_t    rows;

    if (message->direction != PL__DIRECTION__DIRECTION_OUT
        || !pl_outgoing_own(pl_settings_channel(ap->settings,
                                                message->channel), message))
    {
        return PL_OK;
    }

    rc = pl_outgoing_rows(ap, message, &rows, err);
    if (rc != PL_OK) {
        return rc;
    }

    template = message->content->template_;

    rc = pl_wording_fill(rows.own, template, ap->ar, &said, &why);
    if (rc != PL_OK) {
        return rc == PL_NOMEM ? pl_err_set(err, rc, "template", 0,
                                           "out of memory")
                              : PL_OK;
    }

    wording = pl_arena_printf(ap->ar, "%s/%s", template->name,
                              rows.own->language);
    if (wording == NULL) {
        return pl_err_set(err, PL_NOMEM, "template", 0, "out of memory");
    }

    message->has_category = 1;
    message->category = pl_policy_category(message, rows.own);
    message->wording = wording;
    message->content = said;

    return PL_OK;
}


bool
pl_outgoing_ready(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    const char *name, const char *language)
{
    pl_err_t             err;
    pl_status_t          one, all;
    Pl__Message          message = PL__MESSAGE__INIT;
    Pl__Template         template = PL__TEMPLATE__INIT;
    Pl__TemplateRecord  *record, *whole;

    message.tenant = tenant;
    message.channel = channel;

    one = pl_outgoing_record(ap->txn, ap->ar, &message, name, language,
                             &record, &err);
    all = pl_outgoing_record(ap->txn, ap->ar, &message, "", "", &whole,
                             &err);

    if ((one != PL_OK && one != PL_NOTFOUND)
        || (all != PL_OK && all != PL_NOTFOUND))
    {
        return false;
    }

    if (record == NULL) {
        template.name = (char *) (uintptr_t) name;

        return whole == NULL
               && !pl_outgoing_content(pl_settings_channel(ap->settings,
                                                           channel),
                                       &template);
    }

    return pl_template_sendable(record) && !pl_template_gone(record, whole);
}


pl_status_t
pl_outgoing_record(pl_txn_t *txn, pl_arena_t *ar, const Pl__Message *message,
    const char *name, const char *language, Pl__TemplateRecord **record,
    pl_err_t *err)
{
    char              *p, form[PL_NAME_MAX + 1];
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *record = NULL;

    if (strlen(language) >= sizeof(form)) {
        return PL_NOTFOUND;
    }

    (void) memcpy(form, language, strlen(language) + 1);

    for (p = form; *p != '\0'; p++) {
        if (*p == '-') {
            *p = '_';
        }
    }

    pl_key_template(&key, message->tenant, message->channel, name, form);
    if (!pl_key_ok(&key)) {
        return PL_NOTFOUND;         /* longer than a key may be: no row */
    }

    rc = pl_record_get(txn, PL_TABLE_TEMPLATES, pl_key_str(&key),
                       &pl__template_record__descriptor, ar, &msg, err);
    *record = (Pl__TemplateRecord *) msg;

    return rc;
}
