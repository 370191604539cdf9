/*
 * Fuzz target: mails, and the webhooks that bring them. Seeds are the
 * fixtures. What must hold for any input: no crash, no leak, what was read is
 * text, and what it is made into can be stored; and what was read, written
 * again as a mail of ours, is refused or has no line of somebody else's.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/channel/mail_impl.h"
#include "../../src/channel/smtp.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define FUZZ_ARENA_MAX  (64u * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
fuzz_must(bool holds, const char *promise)
{
    if (!holds) {
        (void) fprintf(stderr, "broken: %s\n", promise);
        abort();
    }
}


static void
fuzz_text(const char *text)
{
    fuzz_must(text == NULL || pl_utf8_valid(pl_str_c(text)), "text");
}


/* Headers are what begins a line, up to the first empty one. */

static void
fuzz_lines(const pl_mail_written_t *written)
{
    size_t       i;
    pl_str_t     head = written->pieces[0].bytes, name, value;
    unsigned     n = 0;

    for (i = 0; i < head.len; i++) {
        fuzz_must(head.data[i] < 0x80 && head.data[i] != '\0', "seven bits");
        fuzz_must(head.data[i] != '\n' || (i > 0 && head.data[i - 1]
                                                    == '\r'), "CRLF");
    }

    while (pl_mail_next(&head, &name, &value)) {
        fuzz_must(pl_str_c("Bcc").len != name.len
                  || memcmp(name.data, "Bcc", 3) != 0, "no other header");
        n++;
    }

    fuzz_must(n >= 8 && n <= 12, "as many headers as were meant");
}


static void
fuzz_write(const pl_mail_read_t *read, pl_arena_t *ar)
{
    pl_mail_t          mail;
    pl_mail_written_t  written;

    memset(&mail, 0, sizeof(mail));
    mail.from = "support@acme.example";
    mail.from_name = read->from_name;
    mail.to = read->from;
    mail.to_name = read->from_name;
    mail.subject = read->subject;
    mail.message_id = "p.1.00000000.aaaaaaaaaaaaaaaa@acme.example";
    mail.in_reply_to = read->message_id;
    mail.references = read->references;
    mail.n_references = read->n_references;
    mail.text = read->text != NULL ? read->text : "";
    mail.html = read->html;

    if (pl_mail_write(&mail, ar, &written, NULL) == PL_OK) {
        fuzz_lines(&written);
    }
}


static void
fuzz_read(pl_str_t raw, pl_arena_t *ar)
{
    size_t           i;
    pl_mail_read_t  *mail = pl_arena_alloc(ar, sizeof(*mail));

    if (mail == NULL || pl_mail_read(raw, ar, mail, NULL) != PL_OK) {
        return;
    }

    fuzz_must(pl_mail_address_valid(pl_str_c(mail->from)), "a sender");
    fuzz_text(mail->from_name);
    fuzz_text(mail->subject);
    fuzz_text(mail->text);
    fuzz_text(mail->html);

    for (i = 0; i < mail->n_references; i++) {
        fuzz_must(strlen(mail->references[i]) <= PL_MAIL_ID_MAX, "an id");
    }

    for (i = 0; i < mail->n_parts; i++) {
        fuzz_text(mail->parts[i].name);
        fuzz_text(mail->parts[i].type);
    }

    (void) pl_mail_fresh(pl_str_c(mail->text));
    fuzz_write(mail, ar);
}


static void
fuzz_decode(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar)
{
    size_t         i, len;
    uint8_t       *packed;
    pl_decoded_t   out;

    if (pl_postmark.decode(codec, body, ar, &out, NULL) != PL_OK) {
        return;
    }

    for (i = 0; i < out.n_commands; i++) {
        len = protobuf_c_message_get_packed_size(&out.commands[i]->base);
        packed = malloc(len + 1);
        fuzz_must(packed != NULL, "memory");
        fuzz_must(protobuf_c_message_pack(&out.commands[i]->base, packed)
                  == len, "it can be stored");
        free(packed);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_str_t             input = { data, size };
    static pl_arena_t   *ar;
    static pl_codec_t   *codec;

    if (codec == NULL) {
        ar = pl_arena_create(64 * 1024, FUZZ_ARENA_MAX);
        fuzz_must(ar != NULL && pl_shapes_codec(&codec, NULL) == PL_OK,
                  "a codec");
    }

    pl_arena_reset(ar);

    if (size > 0 && data[0] == '{') {
        fuzz_decode(codec, input, ar);

    } else {
        fuzz_read(input, ar);
    }

    return 0;
}
