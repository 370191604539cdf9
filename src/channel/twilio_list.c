/*
 * An account's list of messages (GET Messages.json), for what a webhook
 * should have said and did not: Twilio calls once, and again only where the
 * URL asks for it. Each message becomes the form that its webhook would have
 * had, so that whoever reads webhooks reads it.
 *
 * The list says nothing of profiles, buttons and places, and of files their
 * number alone: where they are is asked for by itself (Media.json).
 *
 * The next page is where the page before says, as a path. It is asked for at
 * the API that is configured, and has to be the same list: what a page says
 * leads the account's token nowhere else.
 */

#include <string.h>

#include "../core/str.h"
#include "../core/zone.h"
#include "delay.h"
#include "twilio_impl.h"

#define LIST_CALLED  "Messages.json"


static pl_status_t list_ask(const pl_page_t *page, pl_arena_t *ar,
    pl_request_t *out, pl_err_t *err);
static pl_status_t list_first(const pl_page_t *page,
    const pl_twilio_place_t *place, pl_arena_t *ar, const char **url,
    pl_err_t *err);
static pl_status_t list_next(const pl_page_t *page,
    const pl_twilio_place_t *place, pl_arena_t *ar, const char **url,
    pl_err_t *err);
static pl_status_t list_page(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);
static pl_status_t list_files(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);
static pl_status_t list_refused(const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err);
static pl_status_t list_read(const pl_codec_t *codec,
    const pl_answer_t *answer, const ProtobufCMessageDescriptor *there,
    const ProtobufCMessageDescriptor *page, pl_arena_t *ar,
    Pl__SendResult *out, Pl__MessageListing **listing,
    ProtobufCMessage **msg, pl_err_t *err);
static pl_status_t list_item(const Pl__Tw__ListedItem *in, pl_arena_t *ar,
    Pl__MessageListing *out);
static const char *list_form(const Pl__Tw__ListedItem *in, bool came,
    pl_arena_t *ar);
static void list_cost(pl_twilio_form_t *form,
    const Pl__Tw__ListedItem *in);
static int64_t list_time(const Pl__Tw__ListedItem *in);
static bool list_came(const Pl__Tw__ListedItem *in);
static pl_status_t list_whole(const Pl__ChannelSettings *channel,
    const Pl__ListedMessage *missed, const Pl__MessageListing *files,
    pl_arena_t *ar, pl_str_t *form, pl_err_t *err);
static const char *list_says(const Pl__ChannelSettings *channel,
    const Pl__Message *message, pl_arena_t *ar);
static pl_status_t list_nomem(pl_err_t *err);


const pl_reconcile_t  pl_twilio_reconcile = {
    .list   = list_ask,
    .listed = list_page,
    .files  = list_files,
    .whole  = list_whole,
    .says   = list_says,
};


static pl_status_t
list_ask(const pl_page_t *page, pl_arena_t *ar, pl_request_t *out,
    pl_err_t *err)
{
    char               *rest;
    pl_status_t         rc;
    pl_twilio_place_t   place;

    rc = pl_twilio_place(page->channel, ar, &place, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (page->page->missed != NULL) {
        rest = pl_arena_printf(ar, "Messages/%s/Media.json",
                               page->page->missed->id);
        rc = rest == NULL ? list_nomem(err)
             : pl_twilio_url(page->channel, place.sid, rest, ar, &out->url,
                             err);

    } else if (page->page->after == NULL) {
        rc = list_first(page, &place, ar, &out->url, err);

    } else {
        rc = list_next(page, &place, ar, &out->url, err);
    }

    out->method = "GET";

    return rc == PL_OK ? pl_twilio_headers(page->channel, page->token, false,
                                           ar, out, err) : rc;
}


/* Days are UTC's, and whole ones: what is too old is not taken later. */

static pl_status_t
list_first(const pl_page_t *page, const pl_twilio_place_t *place,
    pl_arena_t *ar, const char **url, pl_err_t *err)
{
    pl_civil_t        day;
    pl_twilio_form_t  form = { ar, "" };

    pl_zone_local(pl_zone_universal(), page->page->from_ms, &day);

    pl_twilio_add(&form, page->page->sent ? "From" : "To", place->address);
    pl_twilio_add(&form, "DateSent%3E",     /* names are not escaped */
                  pl_arena_printf(ar, "%04d-%02d-%02d", day.year, day.month,
                                  day.day));
    pl_twilio_add(&form, "PageSize",
                  pl_arena_printf(ar, "%u", (unsigned) page->page->limit));

    if (form.text == NULL) {
        return list_nomem(err);
    }

    form.text = pl_arena_printf(ar, LIST_CALLED "?%s", form.text + 1);

    return form.text == NULL ? list_nomem(err)
           : pl_twilio_url(page->channel, place->sid, form.text, ar, url,
                           err);
}


static pl_status_t
list_next(const pl_page_t *page, const pl_twilio_place_t *place,
    pl_arena_t *ar, const char **url, pl_err_t *err)
{
    char      *begin, *rest;
    pl_str_t   after = pl_str_c(page->page->after);

    begin = pl_arena_printf(ar, "/%s/Accounts/%s/" LIST_CALLED "?",
                            page->channel->api_version, place->sid);
    if (begin == NULL) {
        return list_nomem(err);
    }

    if (strncmp(page->page->after, begin, strlen(begin)) != 0
        || !pl_twilio_printable(after)
        || memchr(after.data, '#', after.len) != NULL)
    {
        return pl_err_set(err, PL_INVALID, "list", 0,
                          "the next page is somewhere else");
    }

    rest = pl_arena_printf(ar, LIST_CALLED "?%s",
                           page->page->after + strlen(begin));

    return rest == NULL ? list_nomem(err)
           : pl_twilio_url(page->channel, place->sid, rest, ar, url, err);
}


static pl_status_t
list_page(const pl_codec_t *codec, const pl_answer_t *answer, pl_arena_t *ar,
    Pl__SendResult *out, pl_err_t *err)
{
    size_t                       i;
    pl_status_t                  rc;
    ProtobufCMessage            *msg;
    Pl__MessageListing          *listing;
    const Pl__Tw__ListedPage    *page;

    rc = list_read(codec, answer, &pl__tw__listed_list__descriptor,
                   &pl__tw__listed_page__descriptor, ar, out, &listing, &msg,
                   err);
    if (rc != PL_OK || listing == NULL) {
        return rc;
    }

    page = (const Pl__Tw__ListedPage *) msg;

    listing->messages = pl_arena_alloc(ar, (page->n_messages + 1)
                                           * sizeof(*listing->messages));
    if (listing->messages == NULL) {
        return list_nomem(err);
    }

    listing->has_unreadable = 1;
    listing->after = pl_twilio_some(page->next_page_uri);

    for (i = 0; i < page->n_messages; i++) {
        if (list_item(page->messages[i], ar, listing) != PL_OK) {
            return list_nomem(err);
        }
    }

    return PL_OK;
}


static pl_status_t
list_files(const pl_codec_t *codec, const pl_answer_t *answer,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err)
{
    size_t                      i;
    pl_status_t                 rc;
    Pl__ListedFile             *file;
    ProtobufCMessage           *msg;
    Pl__MessageListing         *listing;
    const Pl__Tw__MediaPage    *page;

    rc = list_read(codec, answer, &pl__tw__media_list__descriptor,
                   &pl__tw__media_page__descriptor, ar, out, &listing, &msg,
                   err);
    if (rc != PL_OK || listing == NULL) {
        return rc;
    }

    page = (const Pl__Tw__MediaPage *) msg;

    listing->files = pl_arena_alloc(ar, PL_TWILIO_MEDIA_MAX
                                        * sizeof(*listing->files));
    file = pl_arena_alloc(ar, PL_TWILIO_MEDIA_MAX * sizeof(*file));
    if (listing->files == NULL || file == NULL) {
        return list_nomem(err);
    }

    for (i = 0; i < page->n_media_list && i < PL_TWILIO_MEDIA_MAX; i++) {
        pl__listed_file__init(&file[i]);
        file[i].place = page->media_list[i]->uri;
        file[i].mime_type = page->media_list[i]->content_type;
        listing->files[listing->n_files++] = &file[i];
    }

    return PL_OK;
}


/* Nothing is sent by a list: whatever became of it, it is asked again. */

static pl_status_t
list_refused(const pl_codec_t *codec, const pl_answer_t *answer,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_twilio_classify(codec, answer, ar, out, err);

    if (out->outcome == PL__OUTCOME__OUTCOME_UNKNOWN) {
        out->outcome = PL__OUTCOME__OUTCOME_RETRY;
    }

    return rc;
}


/*
 * *listing NULL: it is no page, and out says what becomes of it. An object
 * without the list in it is none: an empty one would say that all is known.
 */

static pl_status_t
list_read(const pl_codec_t *codec, const pl_answer_t *answer,
    const ProtobufCMessageDescriptor *there,
    const ProtobufCMessageDescriptor *page, pl_arena_t *ar,
    Pl__SendResult *out, Pl__MessageListing **listing,
    ProtobufCMessage **msg, pl_err_t *err)
{
    pl_status_t  rc;

    *listing = NULL;

    if (answer->status < 200 || answer->status >= 300) {
        return list_refused(codec, answer, ar, out, err);
    }

    out->has_http_status = true;
    out->http_status = answer->status;
    out->outcome = PL__OUTCOME__OUTCOME_RETRY;

    rc = answer->truncated ? PL_TOOBIG
         : pl_json_decode(codec, there, answer->body, 0, ar, msg, NULL);

    if (rc == PL_OK) {
        rc = pl_json_decode(codec, page, answer->body, 0, ar, msg, NULL);
    }

    if (rc != PL_OK) {
        out->reason = pl_twilio_const(rc == PL_INVALID
                                      ? "answer unreadable"
                                      : "answer cut or too large");
        out->has_cut = out->cut = (rc != PL_INVALID);
        return PL_OK;
    }

    *listing = pl_arena_alloc(ar, sizeof(**listing));
    if (*listing == NULL) {
        return list_nomem(err);
    }

    pl__message_listing__init(*listing);
    out->messages = *listing;
    out->outcome = PL__OUTCOME__OUTCOME_SENT;

    return PL_OK;
}


static pl_status_t
list_item(const Pl__Tw__ListedItem *in, pl_arena_t *ar,
    Pl__MessageListing *out)
{
    bool                came;
    const char         *form;
    Pl__ListedMessage  *item;

    if (in->bad != NULL || pl_twilio_some(in->from) == NULL
        || list_time(in) == 0
        || (!pl_twilio_sid(in->sid, "SM") && !pl_twilio_sid(in->sid, "MM")))
    {
        out->unreadable++;
        return PL_OK;
    }

    came = list_came(in);
    item = pl_arena_alloc(ar, sizeof(*item));
    form = list_form(in, came, ar);
    if (item == NULL || form == NULL) {
        return PL_NOMEM;
    }

    pl__listed_message__init(item);
    item->id = in->sid;
    item->form.data = (uint8_t *) (uintptr_t) form;
    item->form.len = strlen(form);
    item->time_s = list_time(in);
    item->has_files = item->files = came && in->num_media != NULL
                                    && strcmp(in->num_media, "0") != 0;
    item->text = came ? NULL : in->body;
    item->has_made_s = in->date_created != NULL
                       && pl_delay_date(pl_str_c(in->date_created),
                                        &item->made_s);

    out->messages[out->n_messages++] = item;

    return PL_OK;
}


static const char *
list_form(const Pl__Tw__ListedItem *in, bool came, pl_arena_t *ar)
{
    pl_twilio_form_t  form = { ar, "" };

    pl_twilio_add(&form, "AccountSid", in->account_sid);
    pl_twilio_add(&form, "MessageSid", in->sid);
    pl_twilio_add(&form, "From", in->from);
    pl_twilio_add(&form, "To", in->to);

    if (pl_twilio_some(in->messaging_service_sid) != NULL) {
        pl_twilio_add(&form, "MessagingServiceSid",
                      in->messaging_service_sid);
    }

    if (came) {
        pl_twilio_add(&form, "Body", in->body != NULL ? in->body : "");
        pl_twilio_add(&form, "SmsStatus", "received");

        if (pl_twilio_some(in->num_segments) != NULL) {
            pl_twilio_add(&form, "NumSegments", in->num_segments);
        }

    } else {
        pl_twilio_add(&form, "MessageStatus",
                      in->status != NULL ? in->status : "");
        list_cost(&form, in);

        if (in->has_error_code && in->error_code != 0) {
            pl_twilio_add(&form, "ErrorCode",
                          pl_arena_printf(ar, "%d", (int) in->error_code));
        }
    }

    return form.text == NULL ? NULL : form.text + 1;
}


/* A webhook has neither; both are known when it has left (F193). */

static void
list_cost(pl_twilio_form_t *form, const Pl__Tw__ListedItem *in)
{
    if (pl_twilio_some(in->num_segments) != NULL) {
        pl_twilio_add(form, "NumSegments", in->num_segments);
    }

    if (pl_twilio_some(in->price) != NULL
        && pl_twilio_some(in->price_unit) != NULL)
    {
        pl_twilio_add(form, "Price", in->price);
        pl_twilio_add(form, "PriceUnit", in->price_unit);
    }
}


static int64_t
list_time(const Pl__Tw__ListedItem *in)
{
    int64_t  time_s;

    if ((in->date_sent != NULL
         && pl_delay_date(pl_str_c(in->date_sent), &time_s))
        || (in->date_created != NULL
            && pl_delay_date(pl_str_c(in->date_created), &time_s)))
    {
        return time_s;
    }

    return 0;
}


static bool
list_came(const Pl__Tw__ListedItem *in)
{
    return in->direction != NULL && strcmp(in->direction, "inbound") == 0;
}


/* What a place ends with is said of its description, not of the file. */

static pl_status_t
list_whole(const Pl__ChannelSettings *channel,
    const Pl__ListedMessage *missed, const Pl__MessageListing *files,
    pl_arena_t *ar, pl_str_t *form, pl_err_t *err)
{
    size_t            i, len;
    pl_str_t          base;
    pl_status_t       rc;
    const char       *place;
    pl_twilio_form_t  out = { ar, NULL };

    rc = pl_twilio_base(channel, &base, err);
    if (rc != PL_OK) {
        return rc;
    }

    out.text = pl_arena_str(ar, (pl_str_t) { missed->form.data,
                                             missed->form.len });
    pl_twilio_add(&out, "NumMedia",
                  pl_arena_printf(ar, "%zu", files->n_files));

    for (i = 0; i < files->n_files; i++) {
        place = files->files[i]->place;
        len = strlen(place);
        len -= len > 5 && strcmp(place + len - 5, ".json") == 0 ? 5 : 0;

        pl_twilio_add(&out, pl_arena_printf(ar, "MediaUrl%zu", i),
                      pl_arena_printf(ar, "%.*s%.*s", (int) base.len,
                                      (const char *) base.data, (int) len,
                                      place));
        pl_twilio_add(&out, pl_arena_printf(ar, "MediaContentType%zu", i),
                      files->files[i]->mime_type);
    }

    *form = pl_str_c(out.text);

    return out.text == NULL ? list_nomem(err) : PL_OK;
}


/* A template's text is Twilio's, as is that of a place. */

static const char *
list_says(const Pl__ChannelSettings *channel, const Pl__Message *message,
    pl_arena_t *ar)
{
    const Pl__Content  *content = message->content;

    if (content == NULL) {
        return NULL;
    }

    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
        return pl_twilio_text(channel, content->text->body, ar);

    case PL__CONTENT__OF_MEDIA:
        return pl_twilio_some(content->media->caption);

    default:
        return NULL;
    }
}


static pl_status_t
list_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "list", 0, "no memory");
}
