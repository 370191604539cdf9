/*
 * What Twilio's requests are made of: where they go, as whom, and forms.
 */

#include <string.h>

#include "../core/str.h"
#include "sms.h"
#include "twilio_impl.h"

#define REQUEST_TOKEN_MAX  4096
#define REQUEST_SID_LEN    34


pl_status_t
pl_twilio_headers(const Pl__ChannelSettings *channel, pl_str_t token,
    bool form, pl_arena_t *ar, pl_request_t *out, pl_err_t *err)
{
    char           *pair;
    pl_str_t        text;
    pl_status_t     rc;
    pl_twilio_place_t   place;

    if (token.len == 0 || token.len > REQUEST_TOKEN_MAX
        || !pl_twilio_printable(token))
    {
        return pl_twilio_fault(err, "cannot be part of a header", "token");
    }

    rc = pl_twilio_place(channel, ar, &place, err);
    if (rc != PL_OK) {
        return rc;
    }

    pair = pl_arena_printf(ar, "%s:%.*s", place.sid, (int) token.len,
                           (const char *) token.data);
    text = pair == NULL ? PL_STR_NULL : pl_base64_encode(ar, pl_str_c(pair));
    out->headers = pl_arena_alloc(ar, 3 * sizeof(char *));

    if (text.data == NULL || out->headers == NULL) {
        return pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
    }

    out->headers[0] = pl_arena_printf(ar, "Authorization: Basic %.*s",
                                      (int) text.len,
                                      (const char *) text.data);
    out->headers[1] = form
                      ? "Content-Type: application/x-www-form-urlencoded"
                      : NULL;
    out->headers[2] = NULL;

    return out->headers[0] != NULL ? PL_OK
           : pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
}


pl_status_t
pl_twilio_place(const Pl__ChannelSettings *channel, pl_arena_t *ar,
    pl_twilio_place_t *place, pl_err_t *err)
{
    const char  *slash;

    slash = strchr(channel->account, '/');

    if (slash == NULL || slash[1] == '\0') {
        return pl_twilio_fault(err, "not an account and an address",
                               "channel.account");
    }

    place->address = slash + 1;
    place->sid = pl_arena_str(ar, (pl_str_t) {
                     (const uint8_t *) channel->account,
                     (size_t) (slash - channel->account) });

    if (place->sid == NULL) {
        return pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
    }

    return pl_twilio_sid(place->sid, "AC") ? PL_OK
           : pl_twilio_fault(err, "not an AccountSid", "channel.account");
}


pl_status_t
pl_twilio_base(const Pl__ChannelSettings *channel, pl_str_t *out,
    pl_err_t *err)
{
    pl_str_t  base = pl_str_c(channel->api_base_url);

    while (base.len > 0 && base.data[base.len - 1] == '/') {
        base.len--;
    }

    if (base.len == 0 || !pl_twilio_printable(base)
        || memchr(base.data, '?', base.len) != NULL
        || memchr(base.data, '#', base.len) != NULL)
    {
        return pl_twilio_fault(err, "cannot be part of a URL",
                               "channel.api_base_url");
    }

    *out = base;

    return PL_OK;
}


pl_status_t
pl_twilio_url(const Pl__ChannelSettings *channel, const char *sid,
    const char *rest, pl_arena_t *ar, const char **url, pl_err_t *err)
{
    pl_str_t     base;
    pl_status_t  rc;

    rc = pl_twilio_base(channel, &base, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (channel->api_version[0] == '\0'
        || strspn(channel->api_version, "0123456789-")
           != strlen(channel->api_version))
    {
        return pl_twilio_fault(err, "cannot be part of a URL",
                               "channel.api_version");
    }

    *url = pl_arena_printf(ar, "%.*s/%s/Accounts/%s/%s", (int) base.len,
                           (const char *) base.data, channel->api_version,
                           sid, rest);

    return *url != NULL ? PL_OK
           : pl_err_set(err, PL_NOMEM, "build", 0, "no memory");
}


const char *
pl_twilio_text(const Pl__ChannelSettings *channel, const char *text,
    pl_arena_t *ar)
{
    const char  *address = strchr(channel->account, '/');

    return channel->has_smart && channel->smart && address != NULL
           && !pl_twilio_whatsapp(address + 1) ? pl_sms_smart(ar, text)
                                               : text;
}


pl_status_t
pl_twilio_fault(pl_err_t *err, const char *text, const char *path)
{
    (void) pl_err_set(err, PL_INVALID, "build", 0, "%s", text);
    pl_err_path(err, "%s", path);

    return PL_INVALID;
}


void
pl_twilio_add(pl_twilio_form_t *form, const char *name, const char *value)
{
    char        *text, *p;
    const char  *s;

    static const char  hex[] = "0123456789ABCDEF";

    text = form->text == NULL || name == NULL || value == NULL ? NULL
           : pl_arena_alloc(form->ar, strlen(form->text) + strlen(name)
                                      + 3 * strlen(value) + 3);
    if (text == NULL) {
        form->text = NULL;
        return;
    }

    p = text + strlen(form->text);
    memcpy(text, form->text, strlen(form->text));
    *p++ = '&';
    memcpy(p, name, strlen(name));
    p += strlen(name);
    *p++ = '=';

    for (s = value; *s != '\0'; s++) {
        if (strchr("-._~", *s) != NULL || (*s >= '0' && *s <= '9')
            || (*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z'))
        {
            *p++ = *s;
            continue;
        }

        *p++ = '%';
        *p++ = hex[(uint8_t) *s >> 4];
        *p++ = hex[(uint8_t) *s & 15];
    }

    *p = '\0';
    form->text = text;
}


bool
pl_twilio_printable(pl_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] <= 0x20 || s.data[i] >= 0x7f) {
            return false;
        }
    }

    return true;
}


bool
pl_twilio_sid(const char *s, const char *kind)
{
    return strlen(s) == REQUEST_SID_LEN && strncmp(s, kind, 2) == 0
           && strspn(s + 2, "0123456789abcdefABCDEF") == REQUEST_SID_LEN - 2;
}
