/* embed.c: look-up in the tables that fn_embed() makes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_embed.h"

const struct fn_embedded *fn_embedded_find(const struct fn_embedded *table, size_t n, struct fn_str name)
{
    size_t low = 0;
    while (low < n) {
        size_t middle = low + (n - low) / 2;
        int order = fn_str_cmp(name, table[middle].name);
        if (order == 0) {
            return &table[middle];
        }
        if (order < 0) {
            n = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}
