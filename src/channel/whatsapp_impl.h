/*
 * What the files of the WhatsApp provider share, and nobody else includes.
 */

#ifndef PL_WHATSAPP_IMPL_H_INCLUDED
#define PL_WHATSAPP_IMPL_H_INCLUDED

#include "limit.h"
#include "whatsapp.h"
#include "whatsapp.pb-c.h"
#include "whatsapp_account.pb-c.h"

/* In biz_opaque_callback_data: our message's id, ":", and the mark of this
   installation, echoed by each status. */
#define PL_WHATSAPP_TAG  "m:"

/* The error that says that no window is open for what was sent. */
#define PL_WHATSAPP_WINDOW_CLOSED  131047

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
    int                  bucket;        /* Pl__Bucket of a RATE; 0: none */
    uint32_t             retry_base;    /* SendResult.retry_base; 0: none */
} pl_whatsapp_error_t;

/* The row of a code, or NULL for one that is not known. */
const pl_whatsapp_error_t *pl_whatsapp_error(int32_t code);

Pl__Outcome pl_whatsapp_class_outcome(pl_whatsapp_class_e class);
const char *pl_whatsapp_class_name(pl_whatsapp_class_e class);

/*
 * The decoding of one body, as whatsapp_decode.c walks through it; account
 * and value are those of the change at hand.
 */
#define PL_WHATSAPP_PREFIX_MAX  128     /* entry[..].changes[..].value.
                                           history[..].threads[..]. with
                                           20 digits each */

typedef struct {
    const pl_codec_t     *codec;
    pl_arena_t           *ar;
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
pl_status_t pl_whatsapp_error_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__ErrorItem *in, size_t i, bool history);

/* The fields of a number that is used in WhatsApp's own app as well. */
pl_status_t pl_whatsapp_echoes_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__Value *value);
pl_status_t pl_whatsapp_history_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__Value *value);
pl_status_t pl_whatsapp_sync_decode(pl_whatsapp_decode_t *d,
    const Pl__Wa__Value *value);

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

/* Adds "list[i]." to what stands before items' paths. */
void pl_whatsapp_decode_prefix(pl_whatsapp_decode_t *d, const char *list,
    size_t i);

/*
 * Keys that an item has as JSON, decoded as an object of this shape; more
 * may be NULL. PL_NOTFOUND where they do not fit it, PL_NOMEM.
 */
pl_status_t pl_whatsapp_decode_part(const pl_whatsapp_decode_t *d,
    const ProtobufCMessageDescriptor *shape, const char *key,
    const ProtobufCBinaryData *json, const char *more,
    const ProtobufCBinaryData *more_json, ProtobufCMessage **out);

/* Seconds, whatever unit they came in. */
int64_t pl_whatsapp_decode_time(int64_t timestamp);

/* NULL for "", which Meta writes where it means nothing. */
char *pl_whatsapp_decode_some(char *s);

/* What keeps a message from being read; NULL: nothing. */
const char *pl_whatsapp_message_mistake(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in);

/* The provider's id of the quoted message, or NULL. */
char *pl_whatsapp_message_reply_to(const Pl__Wa__InMessage *in);

/* ---- ids (whatsapp_id.c) -------------------------------------------- */

const char *pl_whatsapp_whose(pl_str_t id, pl_arena_t *ar);

/* The name in the change's contacts of whom `who` tells phone or user id. */
void pl_whatsapp_message_name(pl_whatsapp_decode_t *d, Pl__Sender *who);

/*
 * What the message stands in. *context stays NULL where there is nothing;
 * raw says that a part of it could not be read. PL_NOMEM.
 */
pl_status_t pl_whatsapp_message_context(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, Pl__Context **context, bool *raw);

/* What the message says. Total but for PL_NOMEM. */
pl_status_t pl_whatsapp_content(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, Pl__Content *out);

/* Parts of it: PL_NOTFOUND where there is nothing to hold, PL_NOMEM. */
pl_status_t pl_whatsapp_cards(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, Pl__Content *out);
pl_status_t pl_whatsapp_interactive(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InInteractive *tap, Pl__Content *out);
pl_status_t pl_whatsapp_order(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InOrder *from, Pl__Content *out);
pl_status_t pl_whatsapp_system(const pl_whatsapp_decode_t *d,
    const Pl__Wa__InMessage *in, Pl__Content *out);

/*
 * Copies what has the same name and type on both sides, parts included;
 * "" is left out. Strings are shared. PL_NOMEM.
 */
pl_status_t pl_whatsapp_card_copy(pl_arena_t *ar, const ProtobufCMessage *from,
    ProtobufCMessage *to);

/* An error's words; NULL where it has none. */
char *pl_whatsapp_error_text(const Pl__Wa__ErrorItem *item);
char *pl_whatsapp_error_details(const Pl__Wa__ErrorItem *item);
void pl_whatsapp_error_fill(const Pl__Wa__ErrorItem *item,
    Pl__MessageError *out);

/* protobuf-c's strings are not const; nobody writes into those. */
char *pl_whatsapp_const(const char *s);

/* ---- outbound ------------------------------------------------------- */

extern const pl_limits_t  pl_whatsapp_limits;

/* PL_INVALID: the text, and where (a format). */
pl_status_t pl_whatsapp_fault(pl_err_t *err, const char *text,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Is it an http or https URL? */
bool pl_whatsapp_link(const char *link);

/* Is it a JSON object with something in it? */
bool pl_whatsapp_object(const ProtobufCBinaryData *json);

/* What the limits leave open, after them. */
pl_status_t pl_whatsapp_check_header(const Pl__Header *header,
    const char *path, pl_err_t *err);
pl_status_t pl_whatsapp_interactive_check(const Pl__Content *content,
    pl_err_t *err);
pl_status_t pl_whatsapp_template_check(const Pl__Content *content,
    pl_err_t *err);

/* The provider's word for a kind; "" for one that is not known. */
const char *pl_whatsapp_interactive_word(Pl__InteractiveKind kind);
const char *pl_whatsapp_header_word(Pl__HeaderKind kind);

/* Files that come in (whatsapp_media.c). */
extern const pl_files_t  pl_whatsapp_files;

/* Files that are sent (whatsapp_upload.c). */
extern const pl_uploads_t  pl_whatsapp_uploads;

/* Does this error say that a message's handle of a file is not known? */
bool pl_whatsapp_upload_lost(int32_t code, const char *message);

/*
 * Parts of a request, in the arena, from what was checked. NULL: no memory.
 * copy makes a message of the type from what both have under one name.
 */
void *pl_whatsapp_copy(const ProtobufCMessage *from,
    const ProtobufCMessageDescriptor *type, pl_arena_t *ar);
Pl__Wa__OutMedia *pl_whatsapp_build_media(const Pl__Media *media,
    const char *type, pl_arena_t *ar);
Pl__Wa__OutInteractive *pl_whatsapp_interactive_build(
    const Pl__Interactive *in, pl_arena_t *ar);
Pl__Wa__OutTemplate *pl_whatsapp_template_build(const Pl__Template *in,
    pl_arena_t *ar);

/*
 * An address of the API: the channel's base and version, then a node, which
 * is the setting `field`, then the rest with the mark that it begins with, in
 * printable ASCII. PL_INVALID names the setting that cannot be part of it.
 */
pl_status_t pl_whatsapp_build_url(const Pl__ChannelSettings *channel,
    const char *field, const char *node, const char *rest, pl_arena_t *ar,
    const char **url, pl_err_t *err);

/* May it stand between two slashes? */
bool pl_whatsapp_build_word(const char *s);

/* With the token, and the type of a body where there is one. */
pl_status_t pl_whatsapp_build_headers(pl_str_t token, bool body,
    pl_arena_t *ar, pl_request_t *out, pl_err_t *err);

/* Slots of the vtable (channel.h). */
pl_status_t pl_whatsapp_check(const Pl__Message *message, pl_err_t *err);
pl_status_t pl_whatsapp_decode(const pl_codec_t *codec, pl_str_t body,
    pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err);
pl_status_t pl_whatsapp_build(const pl_codec_t *codec, const pl_send_t *send,
    pl_arena_t *ar, pl_request_t *out, pl_err_t *err);
pl_status_t pl_whatsapp_classify(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);

pl_status_t pl_whatsapp_templates(const pl_codec_t *codec, pl_str_t body,
    pl_arena_t *ar, pl_templates_t *out, pl_err_t *err);
pl_status_t pl_whatsapp_draft(const pl_codec_t *codec,
    const Pl__TemplateDraft *draft, pl_arena_t *ar, pl_str_t *out,
    pl_err_t *err);
/* whatsapp_submit.c */
pl_status_t pl_whatsapp_submit(const pl_codec_t *codec,
    const pl_submit_t *submit, pl_arena_t *ar, pl_request_t *out,
    pl_err_t *err);
pl_status_t pl_whatsapp_submitted(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);
pl_status_t pl_whatsapp_again(const pl_codec_t *codec, const char *account,
    const char *path, pl_str_t raw, pl_arena_t *ar, pl_decoded_t *out,
    pl_err_t *err);

/* What a list, or a template handed in, was refused for, is no message's. */
void pl_whatsapp_list_refused(Pl__SendResult *out);

pl_status_t pl_whatsapp_list(const pl_listing_t *listing, pl_arena_t *ar,
    pl_request_t *out, pl_err_t *err);
pl_status_t pl_whatsapp_listed(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);

/*
 * A template's status and category by the provider's words, which its list
 * and its webhooks share. A status that is not known is OTHER; of a category
 * false.
 */
Pl__TemplateStatus pl_whatsapp_templates_status(const char *word);
bool pl_whatsapp_templates_category(const char *word,
    Pl__TemplateCategory *category);

/* es-ES, as webhooks say it, as es_ES. NULL: no memory. */
char *pl_whatsapp_templates_language(const char *language, pl_arena_t *ar);

/* Shapes and their rows. */
#define PL_WHATSAPP_SHAPES  15

extern const pl_rules_t  pl_whatsapp_rules;
extern const ProtobufCMessageDescriptor *const
    pl_whatsapp_shapes[PL_WHATSAPP_SHAPES];

/* whatsapp_peek.c: of channel.h's statuses_only. */
bool pl_whatsapp_statuses_only(pl_str_t body);

#endif /* PL_WHATSAPP_IMPL_H_INCLUDED */
