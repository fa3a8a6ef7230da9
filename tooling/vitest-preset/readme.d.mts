export declare function checkReadmeExample(testUrl: string): void;
