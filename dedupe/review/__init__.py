"""What a person sees of a scan and decides: table, reports, review. Nothing here touches a photo."""
