/*
 * Help and the man page, from the rows of commands and options.
 */

#include <ctype.h>
#include <string.h>

#include "args.h"


#define HELP_COLUMNS       78
#define HELP_USAGE_COLUMN  32


static void help_options(FILE *out, uint64_t bits);
static void help_usage(FILE *out, const plctl_command_t *row);
static void help_wrap(FILE *out, int indent, const char *text);
static bool help_begins(const plctl_command_t *row, const char *word);
static void help_roff(FILE *out, const char *text, const char *end);
static void help_man_command(FILE *out, const plctl_command_t *row);


void
plctl_help_all(FILE *out, const plctl_command_t *rows, size_t n_rows)
{
    int     n;
    size_t  i;

    fprintf(out, "usage: parleyctl [--store DIR] [--json] COMMAND "
                 "[ARGUMENTS]\n\n");

    for (i = 0; i < n_rows; i++) {
        n = fprintf(out, "  %s%s%s", rows[i].name,
                    rows[i].arguments[0] != '\0' ? " " : "",
                    rows[i].arguments);

        if (n >= HELP_USAGE_COLUMN - 1) {
            fprintf(out, "\n");
            n = 0;
        }

        fprintf(out, "%*s", HELP_USAGE_COLUMN - n, "");
        help_wrap(out, HELP_USAGE_COLUMN, rows[i].help);
    }

    fprintf(out, "\n");
    help_options(out, PLCTL_OPT_GLOBAL);
    fprintf(out, "\nparleyctl COMMAND --help says more of each.\n");
}


bool
plctl_help_one(FILE *out, const plctl_command_t *rows, size_t n_rows,
    const char *word)
{
    bool      found;
    size_t    i;
    uint64_t  bits;

    bits = 0;
    found = false;

    for (i = 0; i < n_rows; i++) {
        if (!help_begins(&rows[i], word)) {
            continue;
        }

        help_usage(out, &rows[i]);
        bits |= rows[i].options;
        found = true;
    }

    if (found) {
        help_options(out, bits | PLCTL_OPT_GLOBAL);
    }

    return found;
}


bool
plctl_help_begins(const plctl_command_t *rows, size_t n_rows, const char *word)
{
    size_t  i;

    for (i = 0; i < n_rows; i++) {
        if (help_begins(&rows[i], word)) {
            return true;
        }
    }

    return false;
}


void
plctl_help_man(FILE *out, const plctl_command_t *rows, size_t n_rows)
{
    size_t  i;

    fprintf(out, ".\\\" Made by `parleyctl manual`; edit "
                 "src/ctl/commands.c instead.\n");
    fprintf(out, ".TH PARLEYCTL 1 \"\" \"Parley %s\"\n", PL_VERSION);
    fprintf(out, ".SH NAME\nparleyctl \\- looks into a Parley store\n");
    fprintf(out, ".SH SYNOPSIS\n.B parleyctl\n[\\-\\-store DIR] "
                 "[\\-\\-json] COMMAND [ARGUMENTS]\n");
    fprintf(out, ".SH DESCRIPTION\n");
    help_roff(out,
              "Shows what a store holds, checks it, and replays its journal. "
              "All commands only read, but \"send\", \"send batch\", "
              "\"scheduled cancel\", \"templates sync\", "
              "\"twilio reconcile\", \"twilio subaccount\", "
              "\"dead retry\", \"dead drop\", \"unknown resend\" and "
              "\"unknown sent\", which append to the journal, \"replay\" and "
              "\"backup\", which make a new store, \"compact\", and "
              "\"keygen\". Text is for people and may change; --json is for "
              "programs: its shapes are those of ctl.proto.", "\n");
    fprintf(out, ".SH COMMANDS\n");

    for (i = 0; i < n_rows; i++) {
        help_man_command(out, &rows[i]);
    }

    fprintf(out, ".SH OPTIONS\n");

    for (i = 0; i < PLCTL_OPTIONS; i++) {
        fprintf(out, ".TP\n\\fB\\-\\-");
        help_roff(out, plctl_options[i].name, "\\fR");
        fprintf(out, "%s%s\n", plctl_options[i].value != NULL ? " " : "",
                plctl_options[i].value != NULL ? plctl_options[i].value : "");
        help_roff(out, plctl_options[i].help, "\n");
    }

    fprintf(out, ".SH EXIT STATUS\n.TP\n0\nDone; nothing wrong was found.\n"
                 ".TP\n1\nFailed, or an inconsistency was found.\n"
                 ".TP\n2\nThe command line is wrong.\n");
    fprintf(out, ".SH ENVIRONMENT\n.TP\n%s\nThe store, where no "
                 "\\-\\-store is given.\n", PLCTL_STORE_ENV);
}


static void
help_man_command(FILE *out, const plctl_command_t *row)
{
    fprintf(out, ".TP\n\\fB%s\\fR%s", row->name,
            row->arguments[0] != '\0' ? " " : "");
    help_roff(out, row->arguments, "\n");
    fprintf(out, "%c", toupper(row->help[0]));
    help_roff(out, row->help + 1, ".\n");

    if (row->more != NULL) {
        help_roff(out, row->more, "\n");
    }
}


static void
help_options(FILE *out, uint64_t bits)
{
    int                    n;
    size_t                 i;
    const plctl_option_t  *row;

    for (i = 0; i < PLCTL_OPTIONS; i++) {
        row = &plctl_options[i];

        if (!(bits & row->bit)) {
            continue;
        }

        n = fprintf(out, "  --%s%s%s", row->name,
                    row->value != NULL ? " " : "",
                    row->value != NULL ? row->value : "");
        if (row->letter != 0) {
            n += fprintf(out, ", -%c", row->letter);
        }

        fprintf(out, "%*s", HELP_USAGE_COLUMN - n, "");
        help_wrap(out, HELP_USAGE_COLUMN, row->help);
    }
}


static void
help_usage(FILE *out, const plctl_command_t *row)
{
    fprintf(out, "usage: parleyctl [OPTIONS] %s%s%s\n", row->name,
            row->arguments[0] != '\0' ? " " : "", row->arguments);
    fprintf(out, "    %c%s.\n", toupper(row->help[0]), row->help + 1);

    if (row->more != NULL) {
        fprintf(out, "    ");
        help_wrap(out, 4, row->more);
    }

    fprintf(out, "\n");
}


/* The first line goes on where the cursor is: at the indent. */

static void
help_wrap(FILE *out, int indent, const char *text)
{
    int     column;
    size_t  len;

    column = indent;

    while (text[0] != '\0') {
        len = strcspn(text, " ");

        if (column > indent && column + (int) len + 1 > HELP_COLUMNS) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        }

        column += fprintf(out, "%s%.*s", column > indent ? " " : "",
                          (int) len, text);
        text += len;
        text += text[0] == ' ';
    }

    fprintf(out, "\n");
}


static bool
help_begins(const plctl_command_t *row, const char *word)
{
    size_t  len;

    len = strcspn(row->name, " ");

    return strlen(word) == len && strncmp(row->name, word, len) == 0;
}


/*
 * Text and then end as it is. Dashes stay dashes, and no text begins a line
 * with a request's dot.
 */

static void
help_roff(FILE *out, const char *text, const char *end)
{
    if (text[0] == '.' || text[0] == '\'') {
        fputs("\\&", out);
    }

    for ( /* void */ ; text[0] != '\0'; text++) {
        if (text[0] == '-') {
            fputs("\\-", out);

        } else if (text[0] == '\\') {
            fputs("\\e", out);

        } else {
            fputc(text[0], out);
        }
    }

    fputs(end, out);
}
