/*
 * What each word of a flow file is for, in a sentence: what editors show,
 * by the JSON Schema.
 */

#ifndef PL_FLOW_DESCRIBE_H_INCLUDED
#define PL_FLOW_DESCRIBE_H_INCLUDED

#include "../core/json_schema.h"

extern const pl_json_words_t  pl_flow_described;

#endif /* PL_FLOW_DESCRIBE_H_INCLUDED */
