/*
 * The shapes and rows of the one codec: each provider's, those of flow
 * files and template files, and those of what is stored, which parleyctl
 * prints.
 *
 * A raw item is JSON that a provider sent, shown as it is. Quarantine's raw
 * and an entry's body may be anything, and are shown as base64 text.
 */

#include "../channel/channel.h"
#include "../channel/draft.h"
#include "flow.h"
#include "leaver.pb-c.h"
#include "shapes.h"
#include "template.pb-c.h"

#define SHAPES_PROVIDERS_MAX  16
#define SHAPES_MAX            128

#define JSON(shape, field)                                                    \
    { &pl__##shape##__descriptor, field, PL_RULE_JSON, NULL, 0 }


typedef struct {
    size_t                             n_shapes;
    size_t                             n_tables;
    const ProtobufCMessageDescriptor  *shapes[SHAPES_MAX];
    pl_rules_t                         tables[SHAPES_PROVIDERS_MAX + 3];
} shapes_all_t;


static pl_status_t shapes_add(shapes_all_t *all,
    const ProtobufCMessageDescriptor *const *shapes, size_t n,
    const pl_rules_t *rules, pl_err_t *err);


static const pl_rule_t shapes_rows[] = {
    JSON(content, "raw"),
    JSON(form_start, "data"),
    JSON(template_button, "data"),
    JSON(inbound_message, "raw"),
    JSON(delivery_status, "raw"),
    JSON(unreadable_item, "raw"),
    JSON(channel_change, "raw"),
    JSON(template_change, "raw"),
    JSON(group_change, "raw"),
    JSON(consent_change, "raw"),
    JSON(contact_change, "raw"),
    JSON(echo_message, "raw"),
    JSON(contact_sync, "raw"),
    JSON(channel_error, "raw"),
    JSON(form_reply, "data"),
};

const pl_rules_t  pl_shapes_rules = {
    shapes_rows, PL_COUNT(shapes_rows)
};

/* What these are made of comes with them. */
static const ProtobufCMessageDescriptor *const shapes_own[] = {
    &pl__entry__descriptor,
    &pl__command__descriptor,
    &pl__contact__descriptor,
    &pl__contact_merge__descriptor,
    &pl__group__descriptor,
    &pl__membership__descriptor,
    &pl__parked_status__descriptor,
    &pl__channel_state__descriptor,
    &pl__upload__descriptor,
    &pl__hold_record__descriptor,
    &pl__conversation__descriptor,
    &pl__message__descriptor,
    &pl__template_record__descriptor,
    &pl__effect__descriptor,
    &pl__attempt_record__descriptor,
    &pl__dead_letter__descriptor,
    &pl__unknown_send__descriptor,
    &pl__verdict__descriptor,
    &pl__cap_record__descriptor,
    &pl__api_key__descriptor,
    &pl__quarantine__descriptor,
    &pl__timer__descriptor,
    &pl__change__descriptor,
    &pl__audit_event__descriptor,
    &pl__state_meta__descriptor,
    &pl__journal_meta__descriptor,
    &pl__zone_record__descriptor,
    &pl__zone_database__descriptor,
    &pl__note__descriptor,
    &pl__unread__descriptor,
    &pl__erasure__descriptor,
    &pl__tombstone__descriptor,
    &pl__aging__descriptor,
    &pl__skip_row__descriptor,
    &pl__cycle_row__descriptor,
    &pl__channel_settings__descriptor,
    &pl__tenant_settings__descriptor,
    &pl__global_settings__descriptor,
    &pl__settings_put__descriptor,
    &pl__subscription__descriptor,
    &pl__undelivered__descriptor,
    &pl__import__descriptor,
    &pl__leaver__head__descriptor,
    &pl__leaver__line__descriptor,
    &pl__leaver__counter__descriptor,
    &pl__leaver__file__descriptor,
    &pl__leaver__end__descriptor,
};

static const ProtobufCMessageDescriptor *const shapes_flow[] = {
    &pl__flow_file__descriptor,
    &pl__flow_form__descriptor,
};

static const ProtobufCMessageDescriptor *const shapes_draft[] = {
    &pl__template_file__descriptor,
};


pl_status_t
pl_shapes_codec(pl_codec_t **codec, pl_err_t *err)
{
    size_t               i;
    pl_status_t          rc;
    shapes_all_t         all = { 0 };
    const pl_channel_t  *channel;

    if ((rc = shapes_add(&all, shapes_own, PL_COUNT(shapes_own),
                         &pl_shapes_rules, err)) != PL_OK
        || (rc = shapes_add(&all, shapes_flow, PL_COUNT(shapes_flow),
                            &pl_flow_rules, err)) != PL_OK
        || (rc = shapes_add(&all, shapes_draft, PL_COUNT(shapes_draft),
                            &pl_draft_rules, err)) != PL_OK)
    {
        return rc;
    }

    for (i = 0; (channel = pl_channel_at(i)) != NULL; i++) {
        rc = shapes_add(&all, channel->shapes, channel->n_shapes,
                        channel->rules, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return pl_codec_create(codec, all.shapes, all.n_shapes, all.tables,
                           all.n_tables, err);
}


static pl_status_t
shapes_add(shapes_all_t *all, const ProtobufCMessageDescriptor *const *shapes,
    size_t n, const pl_rules_t *rules, pl_err_t *err)
{
    size_t  i;

    if (n > PL_COUNT(all->shapes) - all->n_shapes
        || all->n_tables == PL_COUNT(all->tables))
    {
        return pl_err_set(err, PL_TOOBIG, "shapes", 0,
                          "more than %d shapes or %d providers",
                          SHAPES_MAX, SHAPES_PROVIDERS_MAX);
    }

    for (i = 0; i < n; i++) {
        all->shapes[all->n_shapes++] = shapes[i];
    }

    all->tables[all->n_tables++] = *rules;

    return PL_OK;
}
