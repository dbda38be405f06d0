"""Google searches of a site: the vendor, the sync, the figures, the pages."""
