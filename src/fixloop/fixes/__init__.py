"""Operations become text splices, splices a new snapshot; nothing here touches a disk or git."""
