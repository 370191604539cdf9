/*
 * What the files of the WhatsApp provider share, and nobody else includes.
 */

#ifndef PL_WHATSAPP_IMPL_H_INCLUDED
#define PL_WHATSAPP_IMPL_H_INCLUDED

#include "whatsapp.h"
#include "whatsapp.pb-c.h"
#include "whatsapp_account.pb-c.h"

/* In biz_opaque_callback_data: our message's id, echoed by each status. */
#define PL_WHATSAPP_TAG  "m:"

/* What to do about an error, in the words of provider-facts 2. */
typedef enum {
    PL_WHATSAPP_RETRY,
    PL_WHATSAPP_RATE,           /* slow the bucket, then again */
    PL_WHATSAPP_PERM,           /* never this message to this recipient */
    PL_WHATSAPP_POLICY,         /* a rule of the provider's refuses it now */
    PL_WHATSAPP_CONFIG,         /* our request or set-up is wrong */
    PL_WHATSAPP_ACCOUNT         /* the whole channel */
} pl_whatsapp_class_e;

typedef struct {
    int32_t              first;         /* codes, both included */
    int32_t              last;
    pl_whatsapp_class_e  class;
    int32_t              retry_ms;      /* not before; 0: as backoff says */
} pl_whatsapp_error_t;

/* The row of a code, or NULL for one that is not known. */
const pl_whatsapp_error_t *pl_whatsapp_error(int32_t code);

Pl__Outcome pl_whatsapp_class_outcome(pl_whatsapp_class_e class);
const char *pl_whatsapp_class_name(pl_whatsapp_class_e class);

/*
 * The decoding of one body, as whatsapp_decode.c walks through it; account
 * and value are those of the change at hand.
 */
#define PL_WHATSAPP_PREFIX_MAX  96      /* entry[..].changes[..].value. */

typedef struct {
    pl_arena_t           *ar;
    const pl_codec_t     *codec;
    pl_decoded_t         *out;
    size_t                max;          /* commands there is room for */
    char                 *account;      /* NULL: the change names none */
    const Pl__Wa__Value  *value;
    size_t                contact;      /* where the last sender was found */
    char                  prefix[PL_WHATSAPP_PREFIX_MAX];
    size_t                prefix_len;
    const Pl__Wa__WebhookEntry  *entry;     /* the one that stands below */
    Pl__Wa__AccountEntry        *told;      /* NULL: it cannot be read so */
} pl_whatsapp_decode_t;

/* Items of the change's value: each adds one command. PL_NOMEM, PL_TOOBIG. */
pl_status_t pl_whatsapp_message_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, size_t i);
pl_status_t pl_whatsapp_status_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__Status *in, size_t i);

/*
 * A change of any field but `messages`, by its place in its entry. *known
 * false: the field is none of those that are read, and nothing was added.
 */
pl_status_t pl_whatsapp_account_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__WebhookEntry *entry, size_t j, const char *field,
    bool *known);

/* The field that some senders put beside `changes`; NULL: there is none. */
const char *pl_whatsapp_account_field(pl_whatsapp_decode_t *d,
    const Pl__Wa__WebhookEntry *entry);

/* The groups and the preferences of such a change (whatsapp_group.c). */
pl_status_t pl_whatsapp_group_decode(pl_whatsapp_decode_t *d,
    const char *field, const Pl__Wa__AccountValue *value);
pl_status_t pl_whatsapp_preference_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__AccountValue *value);

/*
 * What a system message says of its person's addresses, as a ContactChange
 * behind the message itself; nothing where it says nothing of them.
 */
pl_status_t pl_whatsapp_system_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, size_t i);

/* path NULL is PL_NOMEM, so that its maker need not be asked. */
pl_status_t pl_whatsapp_decode_unreadable(pl_whatsapp_decode_t *d,
    char *path, const char *reason, const ProtobufCBinaryData *raw);

/* PL_TOOBIG past PL_ITEMS_MAX. */
pl_status_t pl_whatsapp_decode_add(pl_whatsapp_decode_t *d,
    Pl__Command *command);

/* The item's path, as the codec would write it. NULL: no memory. */
char *pl_whatsapp_decode_path(const pl_whatsapp_decode_t *d,
    const char *list, size_t i);

/* Seconds, whatever unit they came in. */
int64_t pl_whatsapp_decode_time(int64_t timestamp);

/* NULL for "", which Meta writes where it means nothing. */
char *pl_whatsapp_decode_some(char *s);

/* protobuf-c's strings are not const; nobody writes into those. */
char *pl_whatsapp_const(const char *s);

/* Slots of the vtable (channel.h). */
pl_status_t pl_whatsapp_decode(const pl_codec_t *codec, pl_str_t body,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err);
pl_status_t pl_whatsapp_build(const pl_codec_t *codec, const pl_send_t *send,
    pl_arena_t *ar, pl_request_t *out, pl_err_t *err);
pl_status_t pl_whatsapp_classify(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);

/* Shapes and their rows. */
#define PL_WHATSAPP_SHAPES  5

extern const pl_rules_t  pl_whatsapp_rules;
extern const ProtobufCMessageDescriptor *const
    pl_whatsapp_shapes[PL_WHATSAPP_SHAPES];

#endif /* PL_WHATSAPP_IMPL_H_INCLUDED */
