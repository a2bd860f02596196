"""Adobe Experience Platform's segmentation API, spoken by us."""
