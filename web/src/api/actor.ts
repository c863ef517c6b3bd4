/** Who acts while no accounts exist (domain/ids.py). */
export const LOCAL_ACTOR = "00000000-0000-7000-8000-000000000001";
