/*
 * What is said: from a body's shapes to Content, with variables filled. See
 * sending.h.
 */

#include <string.h>

#include "../core/str.h"
#include "sending.h"

/* What is being made, and what cannot be. */
typedef struct {
    pl_api_call_t       *call;
    const pl_sending_t  *s;
    pl_sending_wrong_t   wrong;     /* the first */
    bool                 full;      /* of memory */
} said_t;

static pl_status_t said_one(pl_api_call_t *call, const pl_sending_t *s);
static Pl__Content *said_content(said_t *said, const char *type);
static char *said_fill(said_t *said, const char *text, const char *field);
static Pl__Content *said_text(said_t *said);
static Pl__Content *said_template(said_t *said,
    const Pl__Api__SendTemplate *in, const char *field);
static pl_status_t said_params(said_t *said, const Pl__Api__SendTemplate *in,
    Pl__Template *out, const char *field);
static Pl__TemplateParameter *said_param(said_t *said, const char *name,
    const char *text, const char *field);
static Pl__Header *said_header(said_t *said, const Pl__Api__SendHeader *in,
    const char *field);
static Pl__Media *said_file(said_t *said, const Pl__Api__SendFile *in,
    const char *field);
static Pl__Content *said_media(said_t *said);
static Pl__Content *said_interactive(said_t *said);
static Pl__Content *said_reaction(said_t *said, pl_status_t *rc,
    pl_err_t *err);
static Pl__Content *said_cards(said_t *said);
static Pl__Content *said_location(said_t *said);
static Pl__Content *said_email(said_t *said);
static void said_attachments(said_t *said, const Pl__Api__SendEmail *in,
    Pl__Email *out);


static const char  said_missing[] =
    "it has a variable that has no value and no fallback";
static const char  said_long[] =
    "its variables make it longer than a text may be";


pl_status_t
pl_sending_content(pl_api_call_t *call, const pl_sending_t *s,
    Pl__SendRequest *request, pl_sending_wrong_t *wrong, pl_err_t *err)
{
    said_t        said = { call, s, { NULL, NULL }, false };
    pl_status_t   rc;

    *wrong = said.wrong;

    rc = said_one(call, s);
    if (rc != PL_OK) {
        return rc;
    }

    request->content = s->text != NULL ? said_text(&said)
        : s->template != NULL ? said_template(&said, s->template, "template")
        : s->media != NULL ? said_media(&said)
        : s->interactive != NULL ? said_interactive(&said)
        : s->location != NULL ? said_location(&said)
        : s->email != NULL ? said_email(&said)
        : s->n_contacts != 0 ? said_cards(&said)
        : said_reaction(&said, &rc, err);

    if (rc == PL_OK && s->otherwise != NULL) {
        request->otherwise = said_template(&said, s->otherwise, "otherwise");
    }

    *wrong = said.wrong;

    return rc != PL_OK ? rc : said.full ? pl_rows_nomem(err) : PL_OK;
}


static pl_status_t
said_one(pl_api_call_t *call, const pl_sending_t *s)
{
    int                            n;
    const Pl__Api__SendTemplate   *t = s->template;

    n = (s->text != NULL) + (s->template != NULL) + (s->media != NULL)
        + (s->interactive != NULL) + (s->location != NULL)
        + (s->n_contacts != 0) + (s->reaction != NULL)
        + (s->email != NULL);

    if (n != 1) {
        return pl_api_problem(call, PL_API_BAD_FIELD, "text",
                              "one of text, template, media, interactive, "
                              "location, contacts, reaction and email says "
                              "what");
    }

    if (t != NULL
        && (t->n_params != 0) + (t->n_named != 0) + (t->n_body != 0) > 1)
    {
        return pl_api_problem(call, PL_API_BAD_FIELD, "template.params",
                              "one of params, named and body");
    }

    return PL_OK;
}


static Pl__Content *
said_content(said_t *said, const char *type)
{
    Pl__Content  *content;

    content = pl_arena_alloc(said->call->ar, sizeof(*content));

    if (content == NULL) {
        said->full = true;
        return NULL;
    }

    pl__content__init(content);
    content->type = (char *) type;

    return content;
}


static char *
said_fill(said_t *said, const char *text, const char *field)
{
    char         *out;
    const char   *missing;
    pl_status_t   rc;

    if (text == NULL) {
        return NULL;
    }

    rc = pl_sending_fill(said->call, said->s, text,
                         strcmp(field, "email.html") == 0 ? PL_API_HTML_MAX
                                                          : PL_API_TEXT_MAX,
                         &out, &missing);

    if (rc == PL_NOMEM) {
        said->full = true;

    } else if (rc != PL_OK && said->wrong.field == NULL) {
        said->wrong.field = field;
        said->wrong.text = rc == PL_TOOBIG ? said_long : said_missing;
    }

    return out;
}


static Pl__Content *
said_text(said_t *said)
{
    Pl__Text     *text;
    Pl__Content  *content = said_content(said, "text");

    text = pl_arena_alloc(said->call->ar, sizeof(*text));

    if (content == NULL || text == NULL) {
        said->full = true;
        return NULL;
    }

    pl__text__init(text);
    text->body = said_fill(said, said->s->text, "text");
    text->has_preview_url = said->s->preview_url;
    text->preview_url = said->s->preview_url;
    content->of_case = PL__CONTENT__OF_TEXT;
    content->text = text;

    return content;
}


/* ---- templates ------------------------------------------------------ */

static Pl__Content *
said_template(said_t *said, const Pl__Api__SendTemplate *in,
    const char *field)
{
    Pl__Content   *content = said_content(said, "template");
    Pl__Template  *template;

    template = pl_arena_alloc(said->call->ar, sizeof(*template));

    if (content == NULL || template == NULL) {
        said->full = true;
        return NULL;
    }

    pl__template__init(template);
    template->name = in->name;
    template->language = in->language;
    template->n_buttons = in->n_buttons;
    template->buttons = in->buttons;

    if (said_params(said, in, template, field) != PL_OK) {
        said->full = true;
        return NULL;
    }

    if (in->header != NULL) {
        template->header = said_header(said, in->header, field);
    }

    content->of_case = PL__CONTENT__OF_TEMPLATE;
    content->template_ = template;

    return content;
}


static pl_status_t
said_params(said_t *said, const Pl__Api__SendTemplate *in, Pl__Template *out,
    const char *field)
{
    size_t                    i, n;
    Pl__TemplateParameter    *p;

    n = in->n_params + in->n_named + in->n_body;
    out->body = (Pl__TemplateParameter **) pl_rows_list(said->call, n);

    for (i = 0; out->body != NULL && i < n; i++) {
        p = in->n_params != 0 ? said_param(said, NULL, in->params[i], field)
            : in->n_named != 0
              ? said_param(said, in->named[i]->name, in->named[i]->value,
                           field)
            : in->body[i];

        if (p == NULL) {
            return PL_NOMEM;
        }

        out->body[out->n_body++] = p;
    }

    return out->body != NULL ? PL_OK : PL_NOMEM;
}


static Pl__TemplateParameter *
said_param(said_t *said, const char *name, const char *text,
    const char *field)
{
    Pl__TemplateParameter  *p;

    p = pl_arena_alloc(said->call->ar, sizeof(*p));

    if (p != NULL) {
        pl__template_parameter__init(p);
        p->name = (char *) name;
        p->text = said_fill(said, text, field);
    }

    return p;
}


static Pl__Header *
said_header(said_t *said, const Pl__Api__SendHeader *in, const char *field)
{
    Pl__Header  *header;

    header = pl_arena_alloc(said->call->ar, sizeof(*header));

    if (header == NULL) {
        said->full = true;
        return NULL;
    }

    pl__header__init(header);
    header->kind = in->kind;
    header->text = said_fill(said, in->text, field);
    header->location = in->location;
    header->name = in->name;

    if (in->file != NULL) {
        header->media = said_file(said, in->file, field);
    }

    return header;
}


/* ---- the rest ------------------------------------------------------- */

static Pl__Media *
said_file(said_t *said, const Pl__Api__SendFile *in, const char *field)
{
    Pl__Media  *media;

    media = pl_arena_alloc(said->call->ar, sizeof(*media));

    if (media == NULL) {
        said->full = true;
        return NULL;
    }

    pl__media__init(media);
    media->id = in->id;
    media->link = in->link;
    media->caption = said_fill(said, in->caption, field);
    media->filename = in->filename;
    media->has_voice = in->has_voice;
    media->voice = in->voice;

    return media;
}


static Pl__Content *
said_media(said_t *said)
{
    Pl__Content               *content;
    const Pl__Api__SendMedia  *in = said->s->media;

    static const char *const  words[] = {
        [PL__API__SEND_FILE_KIND__SEND_FILE_KIND_IMAGE] = "image",
        [PL__API__SEND_FILE_KIND__SEND_FILE_KIND_VIDEO] = "video",
        [PL__API__SEND_FILE_KIND__SEND_FILE_KIND_AUDIO] = "audio",
        [PL__API__SEND_FILE_KIND__SEND_FILE_KIND_DOCUMENT] = "document",
        [PL__API__SEND_FILE_KIND__SEND_FILE_KIND_STICKER] = "sticker",
    };

    content = said_content(said, words[in->kind]);

    if (content != NULL) {
        content->of_case = PL__CONTENT__OF_MEDIA;
        content->media = said_file(said, in->file, "media.file.caption");
    }

    return content;
}


static Pl__Content *
said_interactive(said_t *said)
{
    Pl__Content                     *content;
    Pl__Interactive                 *out;
    const Pl__Api__SendInteractive  *in = said->s->interactive;

    content = said_content(said, "interactive");
    out = pl_arena_alloc(said->call->ar, sizeof(*out));

    if (content == NULL || out == NULL) {
        said->full = true;
        return NULL;
    }

    pl__interactive__init(out);
    out->kind = in->kind;
    out->body = said_fill(said, in->body, "interactive.body");
    out->footer = said_fill(said, in->footer, "interactive.footer");
    out->action = in->action;

    if (in->header != NULL) {
        out->header = said_header(said, in->header, "interactive.header");
    }

    content->of_case = PL__CONTENT__OF_INTERACTIVE;
    content->interactive = out;

    return content;
}


static Pl__Content *
said_reaction(said_t *said, pl_status_t *rc, pl_err_t *err)
{
    uint64_t                      id;
    Pl__Content                  *content;
    Pl__Message                  *message;
    Pl__Reaction                 *reaction;
    const Pl__Api__SendReaction  *in = said->s->reaction;

    if (!pl_api_id_read(pl_str_c(in->message), "msg_", &id)) {
        *rc = pl_api_problem(said->call, PL_API_BAD_FIELD,
                             "reaction.message",
                             "a message's id is as in msg_5");
        return NULL;
    }

    *rc = pl_rows_message(said->call, id, &message, err);

    if (*rc == PL_OK && message->provider_id == NULL) {
        *rc = pl_api_problem(said->call, PL_API_BAD_FIELD,
                             "reaction.message",
                             "the provider does not know it yet");
    }

    content = *rc == PL_OK ? said_content(said, "reaction") : NULL;
    reaction = pl_arena_alloc(said->call->ar, sizeof(*reaction));

    if (content == NULL || reaction == NULL) {
        said->full = true;
        return NULL;
    }

    pl__reaction__init(reaction);
    reaction->message_id = message->provider_id;
    reaction->emoji = in->emoji;
    content->of_case = PL__CONTENT__OF_REACTION;
    content->reaction = reaction;

    return content;
}


static Pl__Content *
said_cards(said_t *said)
{
    Pl__Cards    *cards;
    Pl__Content  *content = said_content(said, "contacts");

    cards = pl_arena_alloc(said->call->ar, sizeof(*cards));

    if (content == NULL || cards == NULL) {
        said->full = true;
        return NULL;
    }

    pl__cards__init(cards);
    cards->n_cards = said->s->n_contacts;
    cards->cards = said->s->contacts;
    content->of_case = PL__CONTENT__OF_CARDS;
    content->cards = cards;

    return content;
}


static Pl__Content *
said_location(said_t *said)
{
    Pl__Content  *content = said_content(said, "location");

    if (content != NULL) {
        content->of_case = PL__CONTENT__OF_LOCATION;
        content->location = said->s->location;
    }

    return content;
}


static Pl__Content *
said_email(said_t *said)
{
    Pl__Email                 *out;
    Pl__Content               *content = said_content(said, "email");
    const Pl__Api__SendEmail  *in = said->s->email;

    out = pl_arena_alloc(said->call->ar, sizeof(*out));

    if (content == NULL || out == NULL) {
        said->full = true;
        return NULL;
    }

    pl__email__init(out);
    out->subject = said_fill(said, in->subject, "email.subject");
    out->text = said_fill(said, in->text, "email.text");
    out->html = said_fill(said, in->html, "email.html");
    content->of_case = PL__CONTENT__OF_EMAIL;
    content->email = out;
    said_attachments(said, in, out);

    return content;
}


static void
said_attachments(said_t *said, const Pl__Api__SendEmail *in, Pl__Email *out)
{
    size_t      i;
    Pl__Media  *media;

    out->attachments = (Pl__Media **) pl_rows_list(said->call,
                                                   in->n_attachments);
    media = pl_arena_alloc(said->call->ar, (in->n_attachments + 1)
                                           * sizeof(*media));

    if (out->attachments == NULL || media == NULL) {
        said->full = true;
        return;
    }

    for (i = 0; i < in->n_attachments; i++) {
        pl__media__init(&media[i]);
        media[i].file = in->attachments[i]->file;
        media[i].has_bytes = 1;
        media[i].bytes = in->attachments[i]->bytes;
        media[i].filename = in->attachments[i]->filename;
        media[i].mime_type = in->attachments[i]->mime_type;
        out->attachments[out->n_attachments++] = &media[i];
    }
}
