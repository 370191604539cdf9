/*
 * Contact cards: a message of type contacts. A card that cannot be read
 * costs itself; the message's JSON is kept then.
 *
 * Cards, places and ads are many fields that mean the same on both sides and
 * have the same names there: pl_whatsapp_card_copy goes by the descriptors.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"


static pl_status_t card_field(pl_arena_t *ar, const ProtobufCMessage *from,
    const ProtobufCFieldDescriptor *f, ProtobufCMessage *to,
    const ProtobufCFieldDescriptor *t);
static ProtobufCMessage *card_part(pl_arena_t *ar,
    const ProtobufCMessage *from, const ProtobufCMessageDescriptor *shape);
static pl_status_t card_parts(pl_arena_t *ar, const ProtobufCMessage *from,
    const ProtobufCFieldDescriptor *f, ProtobufCMessage *to,
    const ProtobufCFieldDescriptor *t);


pl_status_t
pl_whatsapp_cards(const pl_whatsapp_decode_t *d, const Pl__Wa__InMessage *in,
    Pl__Content *out)
{
    size_t                  i;
    Pl__Card               *card;
    Pl__Cards              *cards;
    pl_status_t             rc;
    ProtobufCMessage       *msg;
    const Pl__Wa__InCards  *from;

    if (!in->has_contacts) {
        return PL_NOTFOUND;
    }

    rc = pl_whatsapp_decode_part(d, &pl__wa__in_cards__descriptor,
                                 "contacts", &in->contacts,
                                 in->has_origin ? "origin" : NULL,
                                 &in->origin, &msg);
    if (rc != PL_OK) {
        return rc;
    }

    from = (const Pl__Wa__InCards *) msg;

    cards = pl_arena_alloc(d->ar, sizeof(*cards));
    if (cards == NULL) {
        return PL_NOMEM;
    }

    pl__cards__init(cards);
    cards->cards = pl_arena_alloc(d->ar, from->n_contacts * sizeof(card));
    if (cards->cards == NULL) {
        return PL_NOMEM;
    }

    out->has_raw = from->bad != NULL;

    for (i = 0; i < from->n_contacts; i++) {
        if (from->contacts[i]->bad != NULL) {
            out->has_raw = true;
            continue;
        }

        card = (Pl__Card *) card_part(d->ar, &from->contacts[i]->base,
                                      &pl__card__descriptor);
        if (card == NULL) {
            return PL_NOMEM;
        }

        if (card->origin == NULL) {
            card->origin = pl_whatsapp_decode_some(from->origin);
        }

        cards->cards[cards->n_cards++] = card;
    }

    if (cards->n_cards == 0) {
        return PL_NOTFOUND;
    }

    out->of_case = PL__CONTENT__OF_CARDS;
    out->cards = cards;

    return PL_OK;
}


pl_status_t
pl_whatsapp_card_copy(pl_arena_t *ar, const ProtobufCMessage *from,
    ProtobufCMessage *to)
{
    size_t                           i;
    pl_status_t                      rc;
    const ProtobufCFieldDescriptor  *f, *t;

    for (i = 0; i < to->descriptor->n_fields; i++) {
        t = &to->descriptor->fields[i];
        f = protobuf_c_message_descriptor_get_field_by_name(from->descriptor,
                                                            t->name);

        if (f == NULL || f->type != t->type || f->label != t->label) {
            continue;
        }

        rc = card_field(ar, from, f, to, t);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


/* Texts, words that are yes or no, and what is made of such. */

static pl_status_t
card_field(pl_arena_t *ar, const ProtobufCMessage *from,
    const ProtobufCFieldDescriptor *f, ProtobufCMessage *to,
    const ProtobufCFieldDescriptor *t)
{
    void        *ours = (char *) to + t->offset;
    const void  *theirs = (const char *) from + f->offset;

    switch (t->type) {

    case PROTOBUF_C_TYPE_STRING:
        *(char **) ours = pl_whatsapp_decode_some(*(char *const *) theirs);
        return PL_OK;

    case PROTOBUF_C_TYPE_BOOL:
        memcpy(ours, theirs, sizeof(protobuf_c_boolean));
        memcpy((char *) to + t->quantifier_offset,
               (const char *) from + f->quantifier_offset,
               sizeof(protobuf_c_boolean));
        return PL_OK;

    case PROTOBUF_C_TYPE_MESSAGE:
        if (t->label == PROTOBUF_C_LABEL_REPEATED) {
            return card_parts(ar, from, f, to, t);
        }

        if (*(ProtobufCMessage *const *) theirs == NULL) {
            return PL_OK;
        }

        *(ProtobufCMessage **) ours =
            card_part(ar, *(ProtobufCMessage *const *) theirs,
                      t->descriptor);

        return *(ProtobufCMessage **) ours != NULL ? PL_OK : PL_NOMEM;

    default:
        return PL_OK;
    }
}


static ProtobufCMessage *
card_part(pl_arena_t *ar, const ProtobufCMessage *from,
    const ProtobufCMessageDescriptor *shape)
{
    ProtobufCMessage  *to;

    to = pl_arena_alloc(ar, shape->sizeof_message);
    if (to == NULL) {
        return NULL;
    }

    protobuf_c_message_init(shape, to);

    return pl_whatsapp_card_copy(ar, from, to) == PL_OK ? to : NULL;
}


static pl_status_t
card_parts(pl_arena_t *ar, const ProtobufCMessage *from,
    const ProtobufCFieldDescriptor *f, ProtobufCMessage *to,
    const ProtobufCFieldDescriptor *t)
{
    size_t                    i, n;
    ProtobufCMessage        **list;
    ProtobufCMessage *const  *theirs;

    memcpy(&n, (const char *) from + f->quantifier_offset, sizeof(n));
    memcpy(&theirs, (const char *) from + f->offset, sizeof(theirs));

    list = pl_arena_alloc(ar, n * sizeof(*list));
    if (list == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; i < n; i++) {
        list[i] = card_part(ar, theirs[i], t->descriptor);
        if (list[i] == NULL) {
            return PL_NOMEM;
        }
    }

    memcpy((char *) to + t->quantifier_offset, &n, sizeof(n));
    memcpy((char *) to + t->offset, &list, sizeof(list));

    return PL_OK;
}
