/*
 * Lengths and counts of what a flow says: the least that channels with
 * buttons take (provider-facts 2.1), so that a flow runs on any of them.
 * Characters, unless they are counted.
 */

#ifndef PL_FLOW_LIMIT_H_INCLUDED
#define PL_FLOW_LIMIT_H_INCLUDED

#define FLOW_BODY_MAX             1024  /* of what has buttons */
#define FLOW_CAPTION_MAX          1024
#define FLOW_HEADER_MAX           60
#define FLOW_FOOTER_MAX           60
#define FLOW_TITLE_MAX            20    /* of a button */
#define FLOW_FORM_TITLE_MAX       30
#define FLOW_ROW_TITLE_MAX        24    /* of a section too */
#define FLOW_ROW_DESCRIPTION_MAX  72
#define FLOW_ROW_ID_MAX           200
#define FLOW_ID_MAX               256
#define FLOW_LINK_MAX             2048  /* of a file */
#define FLOW_URL_MAX              2000  /* of a button */
#define FLOW_PARAMETER_MAX        1024  /* of a template */
#define FLOW_BUTTONS_MAX          3     /* counted */
#define FLOW_ROWS_MAX             10
#define FLOW_SECTIONS_MAX         10
#define FLOW_PARAMETERS_MAX       100
#define FLOW_TEMPLATE_BUTTONS_MAX 10

#endif /* PL_FLOW_LIMIT_H_INCLUDED */
