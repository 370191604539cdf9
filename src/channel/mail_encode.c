/*
 * How text becomes 7-bit lines: encoded words (RFC 2047), quoted-printable
 * and base64 (RFC 2045), parameters (RFC 2231).
 *
 * An encoded word never splits a character, and is used only where a header
 * has something that is not printable ASCII, or that would be taken for an
 * encoded word. Quoted-printable also hides a dot and "From " at a line's
 * beginning, which some relays change.
 */

#include <string.h>

#include "../core/str.h"
#include "mail_impl.h"

#define ENCODE_WORD     45      /* bytes in a word: 60 of base64, 75 in all */
#define ENCODE_PLAIN    900     /* a word longer than a line may be */
#define ENCODE_SECTION  40      /* characters of one piece of a parameter */
#define ENCODE_B64_LINE 57      /* bytes of a line of base64 */

static bool encode_plain(const char *text);
static void encode_words(pl_mail_buf_t *buf, size_t *column,
    const char *text);
static void encode_fold(pl_mail_buf_t *buf, size_t *column,
    const char *text);
static bool encode_atoms(const char *name);
static size_t encode_quoted(pl_mail_buf_t *buf, pl_str_t text, size_t i,
    size_t *column);
static void encode_percent(pl_mail_buf_t *buf, const char **value);


void
pl_mail_buf_add(pl_mail_buf_t *buf, const void *data, size_t len)
{
    size_t    size;
    uint8_t  *longer;

    if (buf->full || len == 0) {
        return;
    }

    if (len > buf->size - buf->len) {
        size = buf->size * 2 + len + 256;
        longer = pl_arena_alloc(buf->ar, size);

        if (longer == NULL) {
            buf->full = true;
            return;
        }

        if (buf->len != 0) {
            memcpy(longer, buf->data, buf->len);
        }

        buf->data = longer;
        buf->size = size;
    }

    if (len != 0) {
        memcpy(buf->data + buf->len, data, len);
        buf->len += len;
    }
}


void
pl_mail_buf_text(pl_mail_buf_t *buf, const char *text)
{
    pl_mail_buf_add(buf, text, strlen(text));
}


void
pl_mail_buf_unstructured(pl_mail_buf_t *buf, const char *name,
    const char *text)
{
    size_t  column = strlen(name) + 2;

    pl_mail_buf_text(buf, name);
    pl_mail_buf_text(buf, ": ");

    if (encode_plain(text)) {
        encode_fold(buf, &column, text);

    } else {
        encode_words(buf, &column, text);
    }

    pl_mail_buf_text(buf, "\r\n");
}


void
pl_mail_buf_mailbox(pl_mail_buf_t *buf, const char *header,
    const char *name, const char *address)
{
    size_t  column = strlen(header) + 2;

    pl_mail_buf_text(buf, header);
    pl_mail_buf_text(buf, ": ");

    if (name == NULL || name[0] == '\0') {
        pl_mail_buf_text(buf, address);
        pl_mail_buf_text(buf, "\r\n");
        return;
    }

    if (!encode_plain(name) || strlen(name) > PL_MAIL_LINE / 2) {
        encode_words(buf, &column, name);

    } else if (encode_atoms(name)) {
        pl_mail_buf_text(buf, name);

    } else {
        pl_mail_buf_text(buf, "\"");

        for (; *name != '\0'; name++) {
            if (*name == '"' || *name == '\\') {
                pl_mail_buf_text(buf, "\\");
            }
            pl_mail_buf_add(buf, name, 1);
        }

        pl_mail_buf_text(buf, "\"");
    }

    pl_mail_buf_text(buf, "\r\n <");
    pl_mail_buf_text(buf, address);
    pl_mail_buf_text(buf, ">\r\n");
}


/* Printable ASCII that nobody takes for an encoded word, in short words. */

static bool
encode_plain(const char *text)
{
    size_t  word = 0;

    if (strstr(text, "=?") != NULL) {
        return false;
    }

    for (; *text != '\0'; text++) {
        if ((unsigned char) *text < ' ' || (unsigned char) *text >= 0x7f) {
            return false;
        }

        word = *text == ' ' ? 0 : word + 1;

        if (word > ENCODE_PLAIN) {
            return false;
        }
    }

    return true;
}


static void
encode_words(pl_mail_buf_t *buf, size_t *column, const char *text)
{
    bool      good;
    size_t    n, step, left = strlen(text);
    pl_str_t  word;

    while (left > 0) {
        n = 0;

        while (n < left) {
            step = pl_utf8_step((const uint8_t *) text + n, left - n, &good);
            if (n + step > ENCODE_WORD
                || *column + 12 + (n + step + 2) / 3 * 4 > PL_MAIL_LINE)
            {
                break;
            }
            n += step;
        }

        if (n > 0) {
            word.data = (const uint8_t *) text;
            word.len = n;
            word = pl_base64_encode(buf->ar, word);

            if (word.data == NULL) {
                buf->full = true;
                return;
            }

            pl_mail_buf_text(buf, "=?UTF-8?B?");
            pl_mail_buf_add(buf, word.data, word.len);
            pl_mail_buf_text(buf, "?=");
            text += n;
            left -= n;
        }

        if (left > 0) {
            pl_mail_buf_text(buf, "\r\n ");
            *column = 1;
        }
    }
}


/* Breaks at single blanks: what is unfolded has them all again. */

static void
encode_fold(pl_mail_buf_t *buf, size_t *column, const char *text)
{
    size_t  n;
    bool    first = true;

    while (*text != '\0') {
        n = 1 + strcspn(text + 1, " ");

        if (!first && *text == ' ' && *column + n > PL_MAIL_LINE
            && text[n] != '\0' && n > 1)
        {
            pl_mail_buf_text(buf, "\r\n");
            *column = 0;
        }

        pl_mail_buf_add(buf, text, n);
        *column += n;
        text += n;
        first = false;
    }
}


static bool
encode_atoms(const char *name)
{
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_")]
           == '\0' && name[0] != ' ';
}


void
pl_mail_buf_quoted(pl_mail_buf_t *buf, pl_str_t text)
{
    size_t  i = 0, column = 0;

    while (i < text.len) {

        if (text.data[i] == '\r' || text.data[i] == '\n') {
            if (text.data[i] == '\r' && i + 1 < text.len
                && text.data[i + 1] == '\n')
            {
                i++;
            }

            i++;
            pl_mail_buf_text(buf, "\r\n");
            column = 0;
            continue;
        }

        i = encode_quoted(buf, text, i, &column);
    }

    if (column != 0) {
        pl_mail_buf_text(buf, "\r\n");
    }
}


/* One byte; where the next one is. */

static size_t
encode_quoted(pl_mail_buf_t *buf, pl_str_t text, size_t i, size_t *column)
{
    bool     last, plain;
    char     hex[2 * 1 + 1], out[3] = "=";
    size_t   n = 1;
    uint8_t  c = text.data[i];

    last = i + 1 == text.len || text.data[i + 1] == '\r'
           || text.data[i + 1] == '\n';

    plain = (c > ' ' && c < 0x7f && c != '=')
            || ((c == ' ' || c == '\t') && !last);

    if (*column == 0 && (c == '.' || (c == 'F' && text.len - i >= 5
                         && memcmp(text.data + i, "From ", 5) == 0)))
    {
        plain = false;
    }

    if (plain) {
        out[0] = (char) c;

    } else {
        static const char  digits[] = "0123456789ABCDEF";

        hex[0] = digits[c >> 4];
        hex[1] = digits[c & 15];
        out[1] = hex[0];
        out[2] = hex[1];
        n = 3;
    }

    /* room for the '=' of a soft break, unless the line ends here */

    if (*column + n > (last ? PL_MAIL_LINE : PL_MAIL_LINE - 1)) {
        pl_mail_buf_text(buf, "=\r\n");
        *column = 0;

        if (plain && (c == '.' || c == 'F')) {
            return encode_quoted(buf, text, i, column);
        }
    }

    pl_mail_buf_add(buf, out, n);
    *column += n;

    return i + 1;
}


void
pl_mail_buf_base64(pl_mail_buf_t *buf, pl_str_t data)
{
    size_t    n;
    pl_str_t  line;

    while (data.len > 0 && !buf->full) {
        n = data.len < ENCODE_B64_LINE ? data.len : ENCODE_B64_LINE;
        line.data = data.data;
        line.len = n;
        line = pl_base64_encode(buf->ar, line);

        if (line.data == NULL) {
            buf->full = true;
            return;
        }

        pl_mail_buf_add(buf, line.data, line.len);
        pl_mail_buf_text(buf, "\r\n");
        data.data += n;
        data.len -= n;
    }
}


uint64_t
pl_mail_base64_size(uint64_t bytes)
{
    uint64_t  rest = bytes % ENCODE_B64_LINE;

    return bytes / ENCODE_B64_LINE * (PL_MAIL_LINE + 2)
           + (rest == 0 ? 0 : (rest + 2) / 3 * 4 + 2);
}


void
pl_mail_buf_parameter(pl_mail_buf_t *buf, const char *name,
    const char *value)
{
    char        n[2] = "0";
    unsigned    section;
    const char *end;

    if (encode_plain(value) && strlen(value) <= ENCODE_SECTION
        && strpbrk(value, "\"\\%'") == NULL)
    {
        pl_mail_buf_text(buf, ";\r\n ");
        pl_mail_buf_text(buf, name);
        pl_mail_buf_text(buf, "=\"");
        pl_mail_buf_text(buf, value);
        pl_mail_buf_text(buf, "\"");
        return;
    }

    for (section = 0; *value != '\0'; section++) {
        pl_mail_buf_text(buf, ";\r\n ");
        pl_mail_buf_text(buf, name);
        pl_mail_buf_text(buf, "*");

        if (section >= 10) {
            n[0] = (char) ('0' + section / 10);
            pl_mail_buf_add(buf, n, 1);
        }

        n[0] = (char) ('0' + section % 10);
        pl_mail_buf_add(buf, n, 1);
        pl_mail_buf_text(buf, "*=");

        if (section == 0) {
            pl_mail_buf_text(buf, "UTF-8''");
        }

        end = value + strnlen(value, ENCODE_SECTION / 3);

        while (value < end) {
            encode_percent(buf, &value);
        }
    }
}


static void
encode_percent(pl_mail_buf_t *buf, const char **value)
{
    char                out[3] = "%";
    uint8_t             c = (uint8_t) *(*value)++;
    static const char   digits[] = "0123456789ABCDEF";

    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_')
    {
        pl_mail_buf_add(buf, &c, 1);
        return;
    }

    out[1] = digits[c >> 4];
    out[2] = digits[c & 15];
    pl_mail_buf_add(buf, out, sizeof(out));
}
