/* Boot of mm, in the order in which its parts need each other. */
#include "mm/mm_internal.h"

void mm_initialize(void)
{
    mm_frames_initialize();
    mm_ranges_initialize();
    mm_shared_data_initialize();
    mm_images_initialize();
    mm.initialized = TRUE;
}
