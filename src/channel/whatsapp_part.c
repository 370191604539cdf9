/*
 * The larger kinds of content: taps and forms, orders, and what the system
 * tells of a contact.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"


typedef struct {
    const char       *type;
    Pl__SystemKind    kind;
} part_system_row_t;


static pl_status_t part_reply(const pl_whatsapp_decode_t *d,
    Pl__ReplyKind kind, const Pl__Wa__ReplyChoice *choice, Pl__Content *out);
static pl_status_t part_form(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InFormReply *from, Pl__Content *out);
static pl_status_t part_form_data(const pl_whatsapp_decode_t *d,
    pl_str_t json, Pl__FormReply *form);
static pl_status_t part_call(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InCallPermission *from, Pl__Content *out);
static void part_system_ids(const Pl__Wa__InMessage *in, Pl__System *out);


/* customer_… are the names of before 2025. */
static const part_system_row_t part_system_rows[] = {
    { "user_changed_number",       PL__SYSTEM_KIND__SYSTEM_KIND_NUMBER },
    { "customer_changed_number",   PL__SYSTEM_KIND__SYSTEM_KIND_NUMBER },
    { "user_changed_user_id",      PL__SYSTEM_KIND__SYSTEM_KIND_USER_ID },
    { "customer_identity_changed", PL__SYSTEM_KIND__SYSTEM_KIND_IDENTITY },
    { "user_identity_changed",     PL__SYSTEM_KIND__SYSTEM_KIND_IDENTITY },
};


pl_status_t
pl_whatsapp_interactive(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InInteractive *tap, Pl__Content *out)
{
    if (strcmp(tap->type, "button_reply") == 0) {
        return part_reply(d, PL__REPLY_KIND__REPLY_KIND_BUTTON,
                          tap->button_reply, out);
    }

    if (strcmp(tap->type, "list_reply") == 0) {
        return part_reply(d, PL__REPLY_KIND__REPLY_KIND_LIST,
                          tap->list_reply, out);
    }

    if (strcmp(tap->type, "nfm_reply") == 0) {
        return part_form(d, tap->nfm_reply, out);
    }

    if (strcmp(tap->type, "call_permission_reply") == 0) {
        return part_call(d, tap->call_permission_reply, out);
    }

    return PL_NOTFOUND;
}


static pl_status_t
part_reply(const pl_whatsapp_decode_t *d, Pl__ReplyKind kind,
    const Pl__Wa__ReplyChoice *choice, Pl__Content *out)
{
    Pl__Reply  *reply;

    if (choice == NULL) {
        return PL_NOTFOUND;
    }

    reply = pl_arena_alloc(d->ar, sizeof(*reply));
    if (reply == NULL) {
        return PL_NOMEM;
    }

    pl__reply__init(reply);
    reply->kind = kind;
    reply->id = choice->id;
    reply->title = choice->title;
    reply->description = choice->description;

    out->of_case = PL__CONTENT__OF_REPLY;
    out->reply = reply;

    return PL_OK;
}


/* An answer that is no JSON stays in the message's own. */

static pl_status_t
part_form(const pl_whatsapp_decode_t *d, const Pl__Wa__InFormReply *from,
    Pl__Content *out)
{
    pl_status_t     rc;
    Pl__FormReply  *form;

    if (from == NULL) {
        return PL_NOTFOUND;
    }

    form = pl_arena_alloc(d->ar, sizeof(*form));
    if (form == NULL) {
        return PL_NOMEM;
    }

    pl__form_reply__init(form);
    form->name = pl_whatsapp_decode_some(from->name);
    form->body = pl_whatsapp_decode_some(from->body);

    rc = part_form_data(d, pl_str_c(from->response_json), form);
    if (rc == PL_NOMEM) {
        return rc;
    }

    out->has_raw = rc != PL_OK;
    out->of_case = PL__CONTENT__OF_FORM_REPLY;
    out->form_reply = form;

    return PL_OK;
}


static pl_status_t
part_form_data(const pl_whatsapp_decode_t *d, pl_str_t json,
    Pl__FormReply *form)
{
    pl_str_t                      data;
    pl_status_t                   rc;
    ProtobufCMessage             *msg;
    const Pl__Wa__FormResponse   *response;

    rc = pl_json_line(d->ar, json, &data, NULL);
    if (rc != PL_OK) {
        return rc;
    }

    if (pl_str_eq(data, PL_STR("null"))) {
        return PL_NOTFOUND;
    }

    form->has_data = true;
    form->data.data = (uint8_t *) (uintptr_t) data.data;
    form->data.len = data.len;

    rc = pl_json_decode(d->codec, &pl__wa__form_response__descriptor, data, 0,
                        d->ar, &msg, NULL);
    if (rc == PL_NOMEM) {
        return rc;
    }

    response = (const Pl__Wa__FormResponse *) msg;

    /* an array, say: data, but none with a token */

    if (rc == PL_OK && response->bad == NULL) {
        form->token = pl_whatsapp_decode_some(response->flow_token);
    }

    return PL_OK;
}


static pl_status_t
part_call(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InCallPermission *from, Pl__Content *out)
{
    Pl__CallPermission  *call;

    if (from == NULL) {
        return PL_NOTFOUND;
    }

    call = pl_arena_alloc(d->ar, sizeof(*call));
    if (call == NULL) {
        return PL_NOMEM;
    }

    pl__call_permission__init(call);
    call->response = from->response;
    call->has_permanent = from->has_is_permanent;
    call->permanent = from->is_permanent;
    call->has_expires_s = from->has_expiration_timestamp;
    call->expires_s = pl_whatsapp_decode_time(from->expiration_timestamp);
    call->source = pl_whatsapp_decode_some(from->response_source);

    out->of_case = PL__CONTENT__OF_CALL_PERMISSION;
    out->call_permission = call;

    return PL_OK;
}


pl_status_t
pl_whatsapp_order(const pl_whatsapp_decode_t *d, const Pl__Wa__InOrder *from,
    Pl__Content *out)
{
    size_t                       i;
    Pl__Order                   *order;
    Pl__OrderItem               *items, **list;
    const Pl__Wa__InOrderItem   *item;

    order = pl_arena_alloc(d->ar, sizeof(*order));
    items = pl_arena_alloc(d->ar, from->n_product_items * sizeof(*items));
    list = pl_arena_alloc(d->ar, from->n_product_items * sizeof(*list));
    if (order == NULL || items == NULL || list == NULL) {
        return PL_NOMEM;
    }

    pl__order__init(order);
    order->catalog_id = pl_whatsapp_decode_some(from->catalog_id);
    order->text = pl_whatsapp_decode_some(from->text);
    order->n_items = from->n_product_items;
    order->items = list;

    for (i = 0; i < from->n_product_items; i++) {
        item = from->product_items[i];
        list[i] = &items[i];

        pl__order_item__init(&items[i]);
        items[i].product_id =
            pl_whatsapp_decode_some(item->product_retailer_id);
        items[i].has_quantity = item->has_quantity;
        items[i].quantity = item->quantity;
        items[i].price = pl_whatsapp_decode_some(item->item_price);
        items[i].currency = pl_whatsapp_decode_some(item->currency);
    }

    out->of_case = PL__CONTENT__OF_ORDER;
    out->order = order;

    return PL_OK;
}


pl_status_t
pl_whatsapp_system(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, Pl__Content *out)
{
    size_t                     i;
    Pl__System                *told;
    const Pl__Wa__InIdentity  *identity = in->identity;

    told = pl_arena_alloc(d->ar, sizeof(*told));
    if (told == NULL) {
        return PL_NOMEM;
    }

    pl__system__init(told);
    told->type = pl_whatsapp_decode_some(in->system->type);
    told->body = pl_whatsapp_decode_some(in->system->body);

    for (i = 0; told->type != NULL && i < PL_COUNT(part_system_rows); i++) {
        if (strcmp(told->type, part_system_rows[i].type) == 0) {
            told->has_kind = true;
            told->kind = part_system_rows[i].kind;
        }
    }

    part_system_ids(in, told);

    if (identity != NULL && identity->bad == NULL) {
        told->hash = pl_whatsapp_decode_some(identity->hash);
        told->has_acknowledged = identity->has_acknowledged;
        told->acknowledged = identity->acknowledged;
        told->has_created_s = identity->has_created_timestamp;
        told->created_s =
            pl_whatsapp_decode_time(identity->created_timestamp);
    }

    /* one that is not known may hold anything, as may an older identity */

    out->has_raw = !told->has_kind
                   || (told->kind == PL__SYSTEM_KIND__SYSTEM_KIND_IDENTITY
                       && told->hash == NULL);
    out->of_case = PL__CONTENT__OF_SYSTEM;
    out->system = told;

    return PL_OK;
}


/*
 * A number that changed is from's, the new one the system's: wa_id, once
 * new_wa_id. Who has a new user id may come without any number.
 */

static void
part_system_ids(const Pl__Wa__InMessage *in, Pl__System *out)
{
    const Pl__Wa__InSystem  *from = in->system;

    out->old_user_id = pl_whatsapp_decode_some(from->previous_user_id);
    out->new_user_id = pl_whatsapp_decode_some(from->user_id);
    out->old_parent_user_id =
        pl_whatsapp_decode_some(from->previous_parent_user_id);
    out->new_parent_user_id = pl_whatsapp_decode_some(from->parent_user_id);

    if (!out->has_kind
        || out->kind != PL__SYSTEM_KIND__SYSTEM_KIND_NUMBER)
    {
        return;
    }

    out->old_phone = pl_whatsapp_decode_some(in->from);
    if (out->old_phone == NULL) {
        out->old_phone = pl_whatsapp_decode_some(from->customer);
    }

    out->new_phone = pl_whatsapp_decode_some(from->wa_id);
    if (out->new_phone == NULL) {
        out->new_phone = pl_whatsapp_decode_some(from->new_wa_id);
    }
}
