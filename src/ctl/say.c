/*
 * How parleyctl says things: errors, JSON lines, and the pieces of text that
 * cells are made of.
 */

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "../core/str.h"
#include "ctl.h"


#define SAY_ERR_MAX    768
#define SAY_TEXT_MAX   512
#define SAY_CUT        "…"


static bool say_harmful(const uint8_t *p, size_t left, size_t *len);
static size_t say_prefix(const ProtobufCEnumDescriptor *type);
static const char *say_media(pl_arena_t *ar, const Pl__Content *content);
static const char *say_typed(pl_arena_t *ar, const char *type,
    const char *words);


int
plctl_fail(plctl_t *ctl, const pl_err_t *err)
{
    char         buf[SAY_ERR_MAX];
    const char  *text;

    text = pl_err_print(err, buf, sizeof(buf));

    /* no arena yet: its own failure, in our words */

    fprintf(ctl->err, "parleyctl: %s\n",
            text[0] == '\0' ? pl_status_name(err->status)
            : ctl->ar == NULL ? text : plctl_clean(ctl->ar, text));

    return PLCTL_EXIT_FAILED;
}


int
plctl_place(plctl_t *ctl, const char *file, const pl_err_t *err)
{
    fprintf(ctl->err, "%s:%u:%u: %s%s%s\n", file, err->line, err->column,
            plctl_clean(ctl->ar, err->path),
            err->path[0] != '\0' ? ": " : "",
            err->text[0] != '\0' ? plctl_clean(ctl->ar, err->text)
                                 : pl_status_name(err->status));

    return PLCTL_EXIT_FAILED;
}


void
plctl_note(plctl_t *ctl, const char *fmt, ...)
{
    va_list  ap;

    fprintf(ctl->err, "parleyctl: ");
    va_start(ap, fmt);
    vfprintf(ctl->err, fmt, ap);
    va_end(ap);
    fputc('\n', ctl->err);
}


pl_status_t
plctl_json(plctl_t *ctl, const ProtobufCMessage *row, pl_err_t *err)
{
    pl_str_t      line;
    pl_arena_t   *ar;
    pl_status_t   rc;

    ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "encode", 0, "out of memory");
    }

    rc = pl_json_encode(ctl->rows, row, ar, &line, err);

    if (rc == PL_OK
        && (fwrite(line.data, 1, line.len, ctl->out) != line.len
            || fputc('\n', ctl->out) == EOF))
    {
        rc = pl_err_set(err, PL_IO, "write", 0, "cannot write to stdout");
    }

    pl_arena_destroy(ar);

    return rc;
}


const char *
plctl_print(pl_arena_t *ar, const char *fmt, ...)
{
    int       n;
    char      buf[SAY_TEXT_MAX];
    va_list   ap;
    uint8_t  *copy;

    va_start(ap, fmt);
    n = vsnprintf(buf, sizeof(buf), fmt, ap);
    va_end(ap);

    if (n < 0) {
        return SAY_CUT;
    }

    copy = pl_arena_dup(ar, buf, strlen(buf));

    return copy == NULL ? SAY_CUT : (const char *) copy;
}


const char *
plctl_clean(pl_arena_t *ar, const char *text)
{
    if (text == NULL) {
        return NULL;
    }

    return plctl_clean_bytes(ar, (const uint8_t *) text, strlen(text));
}


const char *
plctl_clean_bytes(pl_arena_t *ar, const uint8_t *data, size_t len)
{
    char        *out, *p;
    size_t       i, n;
    pl_str_t     in;
    const char  *valid;

    in.data = data;
    in.len = len;
    valid = pl_utf8_clean(ar, in);

    if (valid == NULL) {
        return SAY_CUT;
    }

    len = strlen(valid);
    data = (const uint8_t *) valid;

    /* "\xnn" is the longest that stands for one byte */
    out = pl_arena_alloc(ar, len * 4 + 1);
    if (out == NULL) {
        return SAY_CUT;
    }

    for (i = 0, p = out; i < len; i += n) {
        if (!say_harmful(data + i, len - i, &n)) {
            memcpy(p, data + i, n);
            p += n;

        } else if (n == 1) {
            p += data[i] == '\n' ? snprintf(p, 5, "\\n")
                                 : snprintf(p, 5, "\\x%02x", data[i]);

        } else {
            *p++ = '?';
        }
    }

    *p = '\0';

    return out;
}


/*
 * Would these bytes of valid UTF-8 move a terminal, or turn the text around
 * (C0, DEL, C1, U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069)? *len:
 * of the character.
 */

static bool
say_harmful(const uint8_t *p, size_t left, size_t *len)
{
    *len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

    if (*len > left) {
        *len = left;
    }

    if (*len == 1) {
        return p[0] < 0x20 || p[0] == 0x7f;
    }

    if (*len == 2) {
        return p[0] == 0xc2 && p[1] < 0xa0;
    }

    if (*len == 3 && p[0] == 0xe2) {
        return (p[1] == 0x80
                && (p[2] == 0x8e || p[2] == 0x8f
                    || (p[2] >= 0xa8 && p[2] <= 0xae)))
               || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
    }

    return false;
}


const char *
plctl_time(pl_arena_t *ar, int64_t time_ms)
{
    char  buf[PL_CLOCK_TEXT_MAX];

    if (time_ms == 0) {
        return "-";
    }

    return plctl_print(ar, "%s", pl_clock_print(time_ms, buf));
}


const char *
plctl_hex(pl_arena_t *ar, const uint8_t *data, size_t len)
{
    char  *out;

    out = pl_arena_alloc(ar, len * 2 + 1);
    if (out == NULL) {
        return SAY_CUT;
    }

    pl_hex_encode(data, len, out);

    return out;
}


const char *
plctl_id(pl_arena_t *ar, const char *prefix, uint64_t id)
{
    return plctl_print(ar, "%s_%" PRIu64, prefix, id);
}


const char *
plctl_bytes(pl_arena_t *ar, uint64_t bytes)
{
    double       n;
    size_t       unit;

    static const char *const  units[] = { "B", "KiB", "MiB", "GiB", "TiB" };

    n = (double) bytes;

    for (unit = 0; n >= 1024 && unit + 1 < PL_COUNT(units); unit++) {
        n /= 1024;
    }

    return plctl_print(ar, unit == 0 ? "%.0f %s" : "%.1f %s", n,
                       units[unit]);
}


const char *
plctl_enum(pl_arena_t *ar, const ProtobufCEnumDescriptor *type, int value)
{
    char                      *out, *p;
    const char                *name;
    const ProtobufCEnumValue  *row;

    row = protobuf_c_enum_descriptor_get_value(type, value);
    if (row == NULL) {
        return plctl_print(ar, "%d", value);
    }

    name = row->name + say_prefix(type);

    out = (char *) pl_arena_dup(ar, name, strlen(name));
    if (out == NULL) {
        return SAY_CUT;
    }

    for (p = out; p[0] != '\0'; p++) {
        p[0] = (char) tolower((unsigned char) p[0]);
    }

    return out;
}


/* Of MessageState: the length of "MESSAGE_STATE_" (t/04-schema.t). */

static size_t
say_prefix(const ProtobufCEnumDescriptor *type)
{
    size_t       len;
    const char  *p;

    len = 0;

    for (p = type->short_name; p[0] != '\0'; p++) {
        len += p != type->short_name && isupper((unsigned char) p[0]) ? 2 : 1;
    }

    return len + 1;
}


const char *
plctl_tenant_name(const plctl_t *ctl, pl_arena_t *ar, uint32_t id)
{
    const pl_tenant_conf_t  *tenant;

    tenant = ctl->settings == NULL ? NULL
                                   : pl_settings_tenant(ctl->settings, id);
    if (tenant != NULL) {
        return plctl_clean(ar, tenant->row->name);
    }

    return id == 0 ? "-" : plctl_print(ar, "%" PRIu32, id);
}


const char *
plctl_channel_name(const plctl_t *ctl, pl_arena_t *ar, uint32_t id)
{
    const pl_channel_conf_t  *channel;

    channel = ctl->settings == NULL ? NULL
                                    : pl_settings_channel(ctl->settings, id);
    if (channel != NULL) {
        return plctl_clean(ar, channel->row->name);
    }

    return id == 0 ? "-" : plctl_print(ar, "%" PRIu32, id);
}


const char *
plctl_party_name(pl_arena_t *ar, Pl__PartyKind kind, uint64_t party)
{
    const char  *prefix;

    switch (kind) {

    case PL__PARTY_KIND__PARTY_KIND_CONTACT:
        prefix = "cnt";
        break;

    case PL__PARTY_KIND__PARTY_KIND_GROUP:
        prefix = "grp";
        break;

    case PL__PARTY_KIND__PARTY_KIND_ACCOUNT:
        prefix = "acc";
        break;

    case PL__PARTY_KIND__PARTY_KIND_CHANNEL:
        prefix = "channel";
        break;

    default:
        prefix = "party";
        break;
    }

    return plctl_id(ar, prefix, party);
}


pl_status_t
plctl_tenant(plctl_t *ctl, const char *name, uint32_t *id, pl_err_t *err)
{
    size_t                   i;
    const pl_tenant_conf_t  *tenant;

    /* not by pl_settings_tenant_named: a removed tenant's records remain */
    for (i = 0; ; i++) {
        tenant = pl_settings_tenant_at(ctl->settings, i);

        if (tenant == NULL) {
            return pl_err_set(err, PL_NOTFOUND, "", 0,
                              "there is no tenant \"%s\" in this store",
                              name);
        }

        if (strcmp(tenant->row->name, name) == 0) {
            *id = tenant->id;
            return PL_OK;
        }
    }
}


const char *
plctl_content(pl_arena_t *ar, const Pl__Content *content)
{
    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
        return plctl_clean(ar, content->text->body);

    case PL__CONTENT__OF_EMAIL:
        return plctl_print(ar, "[mail] %s: %s",
                           content->email->subject == NULL ? ""
                           : plctl_clean(ar, content->email->subject),
                           content->email->text == NULL ? ""
                           : plctl_clean(ar, content->email->text));

    case PL__CONTENT__OF_REPLY:
        return plctl_print(ar, "[%s] %s",
                           plctl_clean(ar, content->type),
                           content->reply->title == NULL
                               ? "" : plctl_clean(ar, content->reply->title));

    case PL__CONTENT__OF_TEMPLATE:
        return plctl_print(ar, "[template %s %s]",
                           plctl_clean(ar, content->template_->name),
                           plctl_clean(ar, content->template_->language));

    case PL__CONTENT__OF_MEDIA:
        return say_media(ar, content);

    case PL__CONTENT__OF_LOCATION:
        return plctl_print(ar, "[location %s, %s]",
                           plctl_clean(ar, content->location->latitude),
                           plctl_clean(ar, content->location->longitude));

    case PL__CONTENT__OF_REACTION:
        return say_typed(ar, content->type, content->reaction->emoji);

    case PL__CONTENT__OF_EDIT:
        return content->edit->content == NULL
               ? say_typed(ar, content->type, NULL)
               : plctl_print(ar, "[edit] %s",
                             plctl_content(ar, content->edit->content));

    case PL__CONTENT__OF_ORDER:
        return say_typed(ar, content->type, content->order->text);

    case PL__CONTENT__OF_SYSTEM:
        return say_typed(ar, content->type, content->system->type);

    case PL__CONTENT__OF_FORM_REPLY:
        return say_typed(ar, "form reply", content->form_reply->name);

    case PL__CONTENT__OF_CALL_PERMISSION:
        return say_typed(ar, "call permission",
                         content->call_permission->response);

    case PL__CONTENT__OF_UNSUPPORTED:
        return say_typed(ar, content->type, content->unsupported->type);

    default:
        return plctl_print(ar, "[%s]", plctl_clean(ar, content->type));
    }
}


void
plctl_content_bare(Pl__Content *content)
{
    content->has_raw = 0;

    if (content->of_case == PL__CONTENT__OF_EDIT
        && content->edit->content != NULL)
    {
        plctl_content_bare(content->edit->content);
    }
}


/* With how far its file is, where anybody has asked for it. */

static const char *
say_media(pl_arena_t *ar, const Pl__Content *content)
{
    const char        *type;
    const Pl__Media   *media = content->media;

    type = content->type;

    if (media->has_state) {
        type = plctl_print(ar, "%s, %s", type,
                           plctl_enum(ar, &pl__media_state__descriptor,
                                      (int) media->state));
    }

    return say_typed(ar, type, media->caption != NULL ? media->caption
                                                      : media->filename);
}


/* "[type] words", or the type alone. */

static const char *
say_typed(pl_arena_t *ar, const char *type, const char *words)
{
    if (words == NULL) {
        return plctl_print(ar, "[%s]", plctl_clean(ar, type));
    }

    return plctl_print(ar, "[%s] %s", plctl_clean(ar, type),
                       plctl_clean(ar, words));
}
