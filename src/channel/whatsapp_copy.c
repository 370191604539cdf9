/*
 * From one message to another by the names of their fields. Where a shape of
 * ours and one of the provider's agree, which is most of a contact card, the
 * schema says all there is to say.
 */

#include <string.h>

#include "whatsapp_impl.h"


static bool copy_field(const ProtobufCMessage *from,
    const ProtobufCFieldDescriptor *a, ProtobufCMessage *to,
    const ProtobufCFieldDescriptor *b, pl_arena_t *ar);
static bool copy_messages(const ProtobufCMessage *from,
    const ProtobufCFieldDescriptor *a, ProtobufCMessage *to,
    const ProtobufCFieldDescriptor *b, pl_arena_t *ar);


/* Strings and bytes are shared, not copied. */

void *
pl_whatsapp_copy(const ProtobufCMessage *from,
    const ProtobufCMessageDescriptor *type, pl_arena_t *ar)
{
    unsigned                         i;
    ProtobufCMessage                *to;
    const ProtobufCFieldDescriptor  *a, *b;

    to = pl_arena_alloc(ar, type->sizeof_message);
    if (to == NULL) {
        return NULL;
    }

    type->message_init(to);

    for (i = 0; i < type->n_fields; i++) {
        b = &type->fields[i];
        a = protobuf_c_message_descriptor_get_field_by_name(
                from->descriptor, b->name);

        if (a == NULL || a->type != b->type
            || (a->label == PROTOBUF_C_LABEL_REPEATED)
               != (b->label == PROTOBUF_C_LABEL_REPEATED))
        {
            continue;
        }

        if (!copy_field(from, a, to, b, ar)) {
            return NULL;
        }
    }

    return to;
}


/* Texts and messages: the shapes that are copied have no other kinds. */

static bool
copy_field(const ProtobufCMessage *from, const ProtobufCFieldDescriptor *a,
    ProtobufCMessage *to, const ProtobufCFieldDescriptor *b, pl_arena_t *ar)
{
    void        *out = (char *) to + b->offset;
    const void  *in = *(const void *const *) (const void *)
                       ((const char *) from + a->offset);

    if (a->type == PROTOBUF_C_TYPE_MESSAGE
        && a->label == PROTOBUF_C_LABEL_REPEATED)
    {
        return copy_messages(from, a, to, b, ar);
    }

    if (in == NULL || a->label == PROTOBUF_C_LABEL_REPEATED) {
        return true;
    }

    if (a->type == PROTOBUF_C_TYPE_MESSAGE) {
        *(void **) out = pl_whatsapp_copy(in, b->descriptor, ar);
        return *(void **) out != NULL;
    }

    /* an empty text says what an absent one says */

    if (a->type == PROTOBUF_C_TYPE_STRING
        && (b->label == PROTOBUF_C_LABEL_REQUIRED
            || *(const char *) in != '\0'))
    {
        *(const void **) out = in;
    }

    return true;
}


static bool
copy_messages(const ProtobufCMessage *from,
    const ProtobufCFieldDescriptor *a, ProtobufCMessage *to,
    const ProtobufCFieldDescriptor *b, pl_arena_t *ar)
{
    void          **list;
    size_t          i, n;
    const char     *base = (const char *) from;
    void *const    *in;

    n = *(const size_t *) (const void *) (base + a->quantifier_offset);
    in = *(void *const *const *) (const void *) (base + a->offset);

    list = pl_arena_alloc(ar, n * sizeof(*list));
    if (list == NULL) {
        return false;
    }

    for (i = 0; i < n; i++) {
        list[i] = pl_whatsapp_copy(in[i], b->descriptor, ar);
        if (list[i] == NULL) {
            return false;
        }
    }

    *(void ***) (void *) ((char *) to + b->offset) = list;
    *(size_t *) (void *) ((char *) to + b->quantifier_offset) = n;

    return true;
}
