"""`/rates`: 考核预演, 三率 with the cases behind each number, 剔除. The pages' scripts call dispatch with a pass."""
