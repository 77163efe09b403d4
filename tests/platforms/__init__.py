"""Local doubles of the platforms: they check what we send and fail as the real ones do."""
